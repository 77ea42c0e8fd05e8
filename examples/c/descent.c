/* Gradient descent on the loss of model.py.
 *
 *     descent FILE
 *
 * The file has the numbers m and n, then m rows of n features and a label. Prints the least
 * loss, then the weights.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "loss.h"

static void *allocated(size_t bytes) {
    void *found = malloc(bytes ? bytes : 1);
    if (!found) {
        fprintf(stderr, "no memory\n");
        exit(1);
    }
    return found;
}

static double number(FILE *file) {
    double found;
    if (fscanf(file, "%lf", &found) != 1) {
        fprintf(stderr, "a number is missing\n");
        exit(1);
    }
    return found;
}

int main(int count, char **arguments) {
    FILE *file = count == 2 ? fopen(arguments[1], "r") : NULL;
    if (!file) {
        fprintf(stderr, "usage: descent FILE\n");
        return 1;
    }
    int64_t m = (int64_t)number(file), n = (int64_t)number(file);
    double *X = allocated((size_t)(m * n) * sizeof *X), *y = allocated((size_t)m * sizeof *y);
    double *w = allocated((size_t)n * sizeof *w), *g = allocated((size_t)n * sizeof *g);
    double squares = 0.0;
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            X[i * n + j] = number(file);
            squares += X[i * n + j] * X[i * n + j];
        }
        y[i] = number(file);
    }
    fclose(file);
    for (int64_t j = 0; j < n; j++)
        w[j] = 0.0;

    int64_t bytes = loss_value_and_grad_workspace(m, n);
    if (bytes < 0) {
        fprintf(stderr, "%s\n", loss_status(LOSS_SIZE));
        return 1;
    }
    void *workspace = allocated((size_t)bytes);
    double step = 1.0 / (0.25 * squares / (double)m + 0.1); /* the curvature is not more */
    double value = 0.0, norm = 1.0;
    for (int round = 0; round < 200000 && norm > 1e-12; round++) {
        int status = loss_value_and_grad(m, n, w, X, y, &value, g, workspace, bytes);
        if (status != LOSS_OK) {
            fprintf(stderr, "%s\n", loss_status(status));
            return 1;
        }
        norm = 0.0;
        for (int64_t j = 0; j < n; j++) {
            w[j] -= step * g[j];
            norm = fmax(norm, fabs(g[j]));
        }
    }
    printf("%.17g\n", value);
    for (int64_t j = 0; j < n; j++)
        printf("%.17g\n", w[j]);
    free(workspace);
    free(g);
    free(w);
    free(y);
    free(X);
    return 0;
}
