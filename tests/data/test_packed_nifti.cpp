#include <fstream>

#include "catch.hpp"
#include "seg/data/image.hpp"
#include "test_files.hpp"

using namespace seg;

TEST_CASE("a volume's bytes are those of a NIfTI file, which reads as the volume") {
  const test::TemporaryFolder folder;
  data::Geometry geometry;
  geometry.spacing = {0.75, 1.5, 2.5};
  geometry.origin = {-31.5, 12.25, 100};
  geometry.direction = {1, 0, 0, 0, 0.8, -0.6, 0, 0.6, 0.8};
  for (const at::ScalarType type : {at::kByte, at::kShort}) {
    const at::Tensor voxels = at::randint(0, 200, {4, 5, 6}, type);
    const at::Tensor bytes = data::packed_nifti(voxels.slice(2, 0, 6, 2), geometry);
    std::ofstream(folder / "a.nii.gz", std::ios::binary)
        .write(static_cast<const char*>(bytes.const_data_ptr()), bytes.numel());
    const data::Image read = data::read_image({folder / "a.nii.gz"});
    CHECK(read.data[0].equal(voxels.slice(2, 0, 6, 2).to(at::kFloat)));
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(read.geometry.spacing[i] == Approx(geometry.spacing[i]).epsilon(1e-6));
      CHECK(read.geometry.origin[i] == Approx(geometry.origin[i]).epsilon(1e-6));
    }
    for (std::size_t i = 0; i < 9; ++i)
      CHECK(read.geometry.direction[i] == Approx(geometry.direction[i]).margin(1e-6));
  }
}
