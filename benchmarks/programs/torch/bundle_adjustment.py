"""Reprojection errors of bundle adjustment."""

from __future__ import annotations

import torch


def rotate(vector, points):
    angle = torch.linalg.vector_norm(vector, dim=1, keepdim=True)
    axis = vector / angle
    cosine, sine = torch.cos(angle), torch.sin(angle)
    along = torch.sum(axis * points, 1, keepdim=True) * (1.0 - cosine)
    return points * cosine + torch.linalg.cross(axis, points) * sine + axis * along


def bundle_adjustment(cameras, points, weights, observed):
    inside = rotate(cameras[:, 0:3], points - cameras[:, 3:6])
    plane = inside[:, 0:2] / inside[:, 2:3]
    squares = torch.sum(plane * plane, 1, keepdim=True)
    distortion = 1.0 + cameras[:, 9:10] * squares + cameras[:, 10:11] * squares * squares
    projected = cameras[:, 6:7] * distortion * plane + cameras[:, 7:9]
    errors = weights[:, None] * (projected - observed)
    regular = 1.0 - weights * weights
    return torch.sum(errors * errors) + torch.sum(regular * regular)
