#pragma once

#include <ATen/ATen.h>

#include "dicom/dicom_writer.hpp"
#include "run_seg.hpp"
#include "train/small_model.hpp"

namespace seg::test {

/// Noise in a box, as a scanner stores it; oblique.
struct StoredScan {
  static constexpr int depth = 14, rows = 20, columns = 18;

  at::Tensor stored = at::zeros({depth, rows, columns}, at::kInt);
  data::Geometry geometry;

  StoredScan() {
    stored.slice(0, 1, 12).slice(1, 2, 20).slice(2, 0, 15).random_(1, 2000);
    geometry.spacing = {1.25, 0.75, 1};
    geometry.origin = {-31.5, 12.25, 100};
    geometry.direction = {1, 0, 0, 0, 0.8, -0.6, 0, 0.6, 0.8};
  }
  void write_nifti(const std::filesystem::path& file) const {
    data::write_image(file, stored.to(at::kDouble).mul(0.25).sub(8).to(at::kFloat), geometry);
  }
  void write_series(const std::filesystem::path& folder) const {
    for (int z = 0; z < depth; ++z) {
      DicomSlice slice;
      slice.rows = rows;
      slice.columns = columns;
      slice.position = {-31.5, 12.25 - 0.6 * z, 100 + 0.8 * z};
      slice.orientation = {1, 0, 0, 0, 0.8, 0.6};
      slice.pixel_spacing = {0.75, 1.25};
      slice.slope = 0.25;
      slice.intercept = -8;
      slice.frame_of_reference = "1.2.3.4.5";
      const at::Tensor values = stored[z].contiguous();
      slice.stored.assign(values.data_ptr<int>(), values.data_ptr<int>() + values.numel());
      write_dicom(shuffled_name(folder, z % 11).string() + std::to_string(z / 11), slice);
    }
  }
};

/// The scan as NIfTI and as DICOM, and a model for it.
struct DicomPlace {
  TemporaryFolder folder;
  StoredScan scan;

  DicomPlace() {
    at::manual_seed(3);
    write_small_model(folder / "model", {"0"});
    scan.write_nifti(folder / "nifti/scan_0000.nii.gz");
    scan.write_series(folder / "series/scan");
  }
  std::string path(const std::string& name) const { return (folder / name).string(); }
  Outcome predict(const std::string& input, const std::string& output,
                  std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"predict", "-m",         path("model"), "-i", path(input),
                                       "-o",      path(output), "--threads",   "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_seg(arguments);
  }
};

}  // namespace seg::test
