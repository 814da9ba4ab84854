"""What themes bring to the house."""

from cocreate.core.module import Module

module = Module(name="feedback_cluster", models=["feedback_cluster.runs.models", "feedback_cluster.themes.models"])
