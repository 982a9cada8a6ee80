#include "seg/data/phantom.hpp"

#include <fstream>
#include <iterator>

#include "seg/data/cases.hpp"
#include "seg/data/image.hpp"
#include "seg/data/verify.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/lock.hpp"
#include "test_files.hpp"
#include "text.hpp"

#include "catch.hpp"

using namespace seg;
using seg::test::bytes_of;
namespace fs = std::filesystem;

TEST_CASE("the example dataset is a sound dataset with held-out cases") {
  const test::TemporaryFolder folder;
  data::write_example_dataset(folder.path(), {.training_cases = 3, .test_cases = 1});
  const auto dataset = plan::read_dataset(folder.path());
  CHECK(dataset.training_cases == 3);
  CHECK(data::verify_dataset(folder.path(), dataset, {2}).empty());
  CHECK(data::cases_to_predict(folder / "imagesTs", 1, ".nii.gz").size() == 1);
  CHECK(fs::exists(folder / "labelsTs/phantom_004.nii.gz"));
}

TEST_CASE("the same seed gives the same phantoms, another seed others") {
  const test::TemporaryFolder first, second, other;
  data::write_example_dataset(first.path(), {.training_cases = 1, .test_cases = 1});
  data::write_example_dataset(second.path(), {.training_cases = 1, .test_cases = 1});
  data::write_example_dataset(other.path(), {.training_cases = 1, .test_cases = 1, .seed = 2});
  for (const char* name : {"imagesTr/phantom_001_0000.nii.gz", "labelsTs/phantom_002.nii.gz"}) {
    CHECK(bytes_of(first / name) == bytes_of(second / name));
    CHECK(bytes_of(first / name) != bytes_of(other / name));
  }
}

TEST_CASE("phantoms are not mixed with those of other options, nor with another dataset") {
  const test::TemporaryFolder folder;
  const auto problem = [&](const data::PhantomOptions& options) {
    try {
      data::phantom_intentions(folder.path(), options);
      data::write_example_dataset(folder.path(), options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(problem({.training_cases = 2, .test_cases = 0}).empty());
  CHECK(problem({.training_cases = 2, .test_cases = 0}).empty());  // the same again
  {
    const FolderLock other(folder.path());
    CHECK(test::contains(problem({.training_cases = 2, .test_cases = 0}), "is in use by"));
  }
  CHECK(test::contains(problem({.training_cases = 2, .test_cases = 0, .seed = 5}),
                       "of another \"seed\""));
  CHECK(test::contains(problem({.training_cases = 3, .test_cases = 0}), "of another \"cases\""));
  fs::remove(folder / "dataset.json");  // as a run leaves it that was killed
  CHECK(problem({.training_cases = 3, .test_cases = 0}).empty());
  fs::remove(folder / "dataset.json");
  CHECK(test::contains(problem({.training_cases = 2, .test_cases = 0}), "phantom_003"));
  write_json(folder / "dataset.json", {{"labels", {{"background", 0}}}});
  CHECK(test::contains(problem({.training_cases = 3, .test_cases = 0}), "holds another dataset"));
}

TEST_CASE("phantoms are anisotropic, oblique and show two structures of different brightness") {
  const test::TemporaryFolder folder;
  data::write_example_dataset(folder.path(), {.training_cases = 6, .test_cases = 0});
  for (const auto& scan : data::training_cases(folder.path(), plan::read_dataset(folder.path()))) {
    const auto image = data::read_image(scan.channels);
    const auto label = data::read_label_map(*scan.label).data;
    const auto spacing = image.geometry.array_spacing();
    CHECK(spacing[1] > 2 * spacing[0]);
    CHECK(spacing[1] > 2 * spacing[2]);
    CHECK(std::abs(image.geometry.direction[1]) > 1e-3);
    const auto mean = [&](int value) {
      return image.data.masked_select(label.eq(value)).mean().item<double>();
    };
    CHECK(mean(1) > 1.2 * mean(0));
    CHECK(mean(2) < 0.8 * mean(1));
    for (int value : {1, 2}) {
      const at::Tensor voxels = label.eq(value)[0];
      CHECK(voxels.sum().item<int>() > 300);
      const at::Tensor inner = voxels.slice(0, 1, -1).slice(1, 1, -1).slice(2, 1, -1);
      CHECK(inner.sum().item<int>() == voxels.sum().item<int>());  // nothing is cut off
    }
  }
}
