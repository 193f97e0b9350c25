"""Training that ends in a network of this library; needs the extra `train` (PyTorch and scikit-learn).

The names are imported when they are first used, so that `import bloqs.training` needs no PyTorch:

- `ResidualNet`, the network as an `nn.Module`, with `to_spec`;
- `project_`, its weights brought to spectral norm 1, that of the zero-padded convolution;
- `decision_loss`, a loss that counts the T of a decision;
- `distill`, from a teacher's logits to a network of ours.

The programs behind the bundled networks are `train_digits` and `train_fashion`, and `study` compares
networks.
"""

import lazy_loader

_getattr, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    try:
        return _getattr(name)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ModuleNotFoundError(
            f"bloqs.training.{name} needs PyTorch, which is not installed: pip install 'resnet-bloqs[train]'",
            name="torch",
        ) from error
