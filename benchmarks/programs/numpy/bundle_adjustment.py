"""Reprojection errors of bundle adjustment, with the camera of ADBench and BAL.

A camera has eleven numbers: rotation vector, centre, focal length, principal point, and two
coefficients of radial distortion. Cameras and points are already gathered, one for each
observation.
"""

from __future__ import annotations

import numpy as np


def rotate(vector, points):
    """Rodrigues' formula, row by row."""
    angle = np.sqrt(np.sum(vector * vector, axis=1, keepdims=True))
    axis = vector / angle
    cosine, sine = np.cos(angle), np.sin(angle)
    along = np.sum(axis * points, axis=1, keepdims=True) * (1.0 - cosine)
    return points * cosine + np.cross(axis, points) * sine + axis * along


def bundle_adjustment(cameras, points, weights, observed):
    inside = rotate(cameras[:, 0:3], points - cameras[:, 3:6])
    plane = inside[:, 0:2] / inside[:, 2:3]
    squares = np.sum(plane * plane, axis=1, keepdims=True)
    distortion = 1.0 + cameras[:, 9:10] * squares + cameras[:, 10:11] * squares * squares
    projected = cameras[:, 6:7] * distortion * plane + cameras[:, 7:9]
    errors = weights[:, np.newaxis] * (projected - observed)
    regular = 1.0 - weights * weights
    return np.sum(errors * errors) + np.sum(regular * regular)
