"""Reprojection errors: one observation in scalars, mapped over all."""

from __future__ import annotations

import casadi


def residual():
    camera, point = casadi.SX.sym("camera", 11), casadi.SX.sym("point", 3)
    weight, observed = casadi.SX.sym("weight"), casadi.SX.sym("observed", 2)
    angle = casadi.norm_2(camera[0:3])
    axis, apart = camera[0:3] / angle, point - camera[3:6]
    cosine, sine = casadi.cos(angle), casadi.sin(angle)
    along = casadi.dot(axis, apart) * (1.0 - cosine)
    inside = apart * cosine + casadi.cross(axis, apart) * sine + axis * along
    plane = inside[0:2] / inside[2]
    squares = casadi.sumsqr(plane)
    distortion = 1.0 + camera[9] * squares + camera[10] * squares * squares
    error = weight * (camera[6] * distortion * plane + camera[7:9] - observed)
    value = casadi.sumsqr(error) + (1.0 - weight * weight) ** 2
    return casadi.Function("residual", [camera, point, weight, observed], [value])


def bundle_adjustment(cameras, points, weights, observed):
    mapped = residual().map(weights.shape[0])
    return casadi.sum2(mapped(cameras, points, weights.T, observed))
