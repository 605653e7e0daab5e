"""Linear layers in FP8 for the benchmark: torch's scaled matrix product, scales per row, made as it runs."""

from __future__ import annotations

from typing import Any

_LARGEST = 448.0  # of float8_e4m3fn


def to_fp8(blocks: Any) -> int:
    """Replace the large linear layers below a module in place; how many."""
    import torch
    from torch import nn

    class Fp8Linear(nn.Module):
        """y = x W' + b with both factors in float8_e4m3fn."""

        def __init__(self, linear: nn.Linear) -> None:
            super().__init__()
            scale = linear.weight.abs().amax(1, keepdim=True).float().clamp(min=1e-12) / _LARGEST
            weight = (linear.weight.float() / scale).to(torch.float8_e4m3fn)
            self.register_buffer("weight", weight)
            self.register_buffer("scale", scale.t().contiguous())
            self.register_buffer("bias", linear.bias.detach() if linear.bias is not None else None)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            rows = x.reshape(-1, x.shape[-1])
            scale = rows.abs().amax(1, keepdim=True).float().clamp(min=1e-12) / _LARGEST
            small = (rows.float() / scale).to(torch.float8_e4m3fn)
            out = torch._scaled_mm(
                small,
                self.weight.t(),
                scale_a=scale,
                scale_b=self.scale,
                out_dtype=torch.bfloat16,
                use_fast_accum=x.is_cuda,
            )
            out = out if self.bias is None else out + self.bias
            return out.to(x.dtype).reshape(*x.shape[:-1], -1)

    found = [
        (parent, name, child)
        for parent in blocks.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.Linear) and child.in_features % 16 == child.out_features % 16 == 0
    ]
    for parent, name, child in found:
        if "_mod" not in name:  # modulation is one row: nothing to win
            setattr(parent, name, Fp8Linear(child))
    return len(found)
