"""The Python module on a scan of bare float32 voxels: segment.py MODEL SCAN LABELS X Y Z SX SY SZ"""

import sys
import threading

import numpy
import seg

model, scan, labels = sys.argv[1:4]
size, spacing = list(map(int, sys.argv[4:7])), list(map(float, sys.argv[7:10]))
voxels = numpy.fromfile(scan, numpy.float32).reshape(size[::-1])
predictor = seg.Predictor.from_folder(model, threads=1)
made = predictor.predict(voxels, spacing)
made.tofile(labels)

# With channels, as an object, from other threads, and beside a torch that has the same LibTorch.
whole = predictor.segment(voxels[None], spacing, probabilities=True, uncertainty=True)
assert numpy.array_equal(whole.labels, made) and whole.logits is None
assert numpy.array_equal(whole.probabilities.argmax(0), made)
assert 0 <= whole.uncertainty.min() and whole.uncertainty.max() <= 1
results = [None, None]


def segment(place):
    results[place] = predictor.predict(voxels, spacing)


threads = [threading.Thread(target=segment, args=(place,)) for place in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert all(numpy.array_equal(result, made) for result in results)


def stop(step, done, total):
    raise KeyError("enough")


for refused, arguments in ((seg.Error, (voxels[None, None], spacing)), (seg.Error, (voxels, [0, 1, 1]))):
    try:
        predictor.predict(*arguments)
        raise SystemExit("was not refused")
    except refused as error:
        assert error.kind == "bad_input", error
try:
    predictor.predict(voxels, spacing, progress=stop)
    raise SystemExit("was not stopped")
except KeyError:
    pass
del predictor, whole
assert made.sum() >= 0  # arrays outlive what they came from
try:
    import torch
except ImportError:
    sys.exit(0)
again = seg.Predictor.from_folder(model, threads=1).predict(voxels, spacing)
assert numpy.array_equal(again, made)
assert torch.nn.Conv3d(1, 2, 3)(torch.ones(1, 1, 4, 4, 4)).shape[1] == 2
