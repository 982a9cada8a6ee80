"""seg: nnU-Net, native. Trained models segment scans that lie in NumPy arrays.

    predictor = seg.Predictor.from_folder("nnUNetTrainer__nnUNetPlans__3d_fullres")
    scan = SimpleITK.ReadImage("scan.nii.gz")
    labels = predictor.predict(SimpleITK.GetArrayFromImage(scan), scan.GetSpacing(),
                               scan.GetOrigin(), scan.GetDirection())
"""

from ._seg import Error, Predictor, Segmentation, __version__

__all__ = ["Error", "Predictor", "Segmentation", "__version__"]


def _run_program():
    """The command `seg` of a wheel."""
    import os
    import sys
    program = os.path.join(os.path.dirname(__file__), "bin", "seg")
    os.execv(program, [program, *sys.argv[1:]])
