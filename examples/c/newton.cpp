// Newton's method on the loss of model.py, its steps by conjugate gradients: products with the
// Hessian are all that it needs.
//
//     newton FILE
//
// Reads and prints what descent.c does.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "loss.h"

using Vector = std::vector<double>;

static double dot(const Vector &x, const Vector &z) {
    return std::inner_product(x.begin(), x.end(), z.begin(), 0.0);
}

static void check(int status) {
    if (status != LOSS_OK)
        throw std::runtime_error(loss_status(status));
}

class Loss {
  public:
    Loss(std::int64_t m, std::int64_t n, Vector X, Vector y)
        : m(m), n(n), X(std::move(X)), y(std::move(y)) {
        std::int64_t bytes = loss_value_and_grad_workspace(m, n);
        std::int64_t more = loss_hvp_workspace(m, n);
        if (bytes < 0 || more < 0)
            throw std::runtime_error(loss_status(LOSS_SIZE));
        workspace.resize(static_cast<std::size_t>(bytes > more ? bytes : more));
    }

    double value_and_grad(const Vector &w, Vector &g) {
        double value;
        check(loss_value_and_grad(m, n, w.data(), X.data(), y.data(), &value, g.data(),
                                  workspace.data(), room()));
        return value;
    }

    void hvp(const Vector &w, const Vector &v, Vector &product) {
        check(loss_hvp(m, n, w.data(), X.data(), y.data(), v.data(), product.data(),
                       workspace.data(), room()));
    }

  private:
    std::int64_t room() const { return static_cast<std::int64_t>(workspace.size()); }

    std::int64_t m, n;
    Vector X, y;
    std::vector<unsigned char> workspace;
};

static double minimum(Loss &loss, Vector &w) {
    Vector g(w.size()), product(w.size());
    double value = loss.value_and_grad(w, g);
    for (int round = 0; round < 50 && std::sqrt(dot(g, g)) > 1e-13; ++round) {
        Vector step(w.size(), 0.0), rest = g, direction = g;
        double before = dot(rest, rest);
        for (std::size_t k = 0; k < 2 * w.size() && before > 1e-30; ++k) {
            loss.hvp(w, direction, product);
            double length = before / dot(direction, product);
            for (std::size_t j = 0; j < w.size(); ++j) {
                step[j] += length * direction[j];
                rest[j] -= length * product[j];
            }
            double after = dot(rest, rest);
            for (std::size_t j = 0; j < w.size(); ++j)
                direction[j] = rest[j] + after / before * direction[j];
            before = after;
        }
        for (std::size_t j = 0; j < w.size(); ++j)
            w[j] -= step[j];
        value = loss.value_and_grad(w, g);
    }
    return value;
}

int main(int count, char **arguments) try {
    std::ifstream file(count == 2 ? arguments[1] : "");
    std::int64_t m, n;
    if (!(file >> m >> n))
        throw std::runtime_error("usage: newton FILE");
    Vector X, y;
    for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j <= n; ++j) {
            double number;
            if (!(file >> number))
                throw std::runtime_error("a number is missing");
            (j < n ? X : y).push_back(number);
        }
    Loss loss(m, n, std::move(X), std::move(y));
    Vector w(static_cast<std::size_t>(n), 0.0);
    std::printf("%.17g\n", minimum(loss, w));
    for (double weight : w)
        std::printf("%.17g\n", weight);
    return 0;
} catch (const std::exception &problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
}
