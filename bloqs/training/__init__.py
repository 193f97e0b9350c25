"""Training of the bundled networks; needs the extra `train` (PyTorch and scikit-learn)."""
