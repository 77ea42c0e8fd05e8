"""Steps of training, as in Gluon: SGD with momentum."""

from __future__ import annotations

from adjit import autograd, nn, optim

from ...peers import Answer


def classifier_step(W1, b1, W2, b2, W3, b3, X, label):
    net = nn.HybridSequential()
    net.add(
        nn.Dense(W1.shape[0], activation="relu", in_units=W1.shape[1]),
        nn.Dense(W2.shape[0], activation="relu", in_units=W2.shape[1]),
        nn.Dense(W3.shape[0], in_units=W3.shape[1]),
    )
    for parameter, value in zip(
        net.collect_params().values(), (W1, b1, W2, b2, W3, b3), strict=True
    ):
        parameter.set_data(value)
    net.hybridize()
    loss_of = nn.SoftmaxCrossEntropyLoss()
    loss_of.hybridize()
    options = {"learning_rate": 1e-3, "momentum": 0.9}
    trainer = optim.Trainer(net.collect_params(), "sgd", options)
    images, classes = autograd.array(X), autograd.array(label)

    def call():
        with autograd.record():
            loss = loss_of(net(images), classes)
        loss.backward()
        trainer.step(len(X))
        return loss

    def answer(loss):
        gradients = [p.grad().numpy() / len(X) for p in net.collect_params().values()]
        return Answer(float(loss.mean()), gradients)

    return call, answer
