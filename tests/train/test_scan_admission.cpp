#include "predict/scan_admission.hpp"

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "small_model.hpp"
#include "test_files.hpp"

using namespace seg;

TEST_CASE("a scan is let in with the frames of its DICOM Segmentation") {
  const test::TemporaryFolder folder;
  test::write_small_model(folder / "model", {"0"});
  test::write_small_scan(folder / "a_0000.nii.gz");
  const train::Model model = train::load_model(folder / "model", {{"0"}, "final"});
  train::SlidingWindowOptions window;
  window.patch_size = {16, 16, 16};
  constexpr std::int64_t most = 2'000'000'000;
  train::ScanAdmission admission(model, window, {most});
  const data::Case scan{"a", {folder / "a_0000.nii.gz"}, {}};
  CHECK_NOTHROW(admission.admit(scan, 0));
  CHECK_NOTHROW(admission.admit(scan, 100));
  // A bit for each of 14 x 20 x 18 voxels, without what describes the frames.
  const auto segments = static_cast<std::size_t>(most / (14 * 20 * 18 / 8));
  CHECK_THROWS_WITH(admission.admit(scan, segments), ContainsSubstring("needs about"));
}
