"""nnUNetv2_predict_from_modelfolder, with the same arguments, that adds up tiles in fp32: nnU-Net's
sums and its importance map are fp16 otherwise, which decides classes that are nearly equal."""

import torch

torch.half = torch.float16 = torch.float32

from nnunetv2.inference.predict_from_raw_data import predict_entry_point_modelfolder  # noqa: E402

if __name__ == "__main__":  # its export processes import this file
    predict_entry_point_modelfolder()
