#include <ATen/ATen.h>

#include "seg/data/image.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/splits.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/fingerprint.hpp"
#include "seg/plan/plans.hpp"
#include "seg/train/install_model.hpp"
#include "seg/train/probabilities.hpp"
#include "targets.hpp"

namespace seg::fuzz {
namespace {

namespace fs = std::filesystem;

/// Each way to read a file is to be tried, also after one that refuses it.
template <class Read>
void attempt(const Read& read) {
  try {
    read();
  } catch (const Error&) {
  }
}

/// Reads every value, for the sanitizers to see.
void touch(const at::Tensor& values) {
  if (values.numel() > 0) values.to(at::kDouble).sum().item<double>();
}

bool is_nifti(const fs::path& file) { return file.string().find(".nii") != std::string::npos; }

bool is_tiff(const fs::path& file) { return file.extension() == ".tif"; }

}  // namespace

void read_image(const fs::path& file) {
  using Kind = data::ImageReader::Kind;
  attempt([&] { touch(data::read_image({file}).data); });
  attempt([&] { touch(data::read_label_map(file).data); });
  if (is_nifti(file)) attempt([&] { touch(data::read_image({file}, {Kind::nibabel, true}).data); });
  if (is_tiff(file)) attempt([&] { touch(data::read_image({file}, {Kind::tiff_stack}).data); });
}

void read_dicom(const fs::path& file) {
  attempt([&] { touch(data::read_image({file.parent_path()}).data); });
  attempt([&] { touch(data::read_image({file}).data); });
}

void read_array(const fs::path& file) { touch(data::map_npy(file)); }

void read_array_in_zip(const fs::path& file) { touch(train::read_probabilities(file)); }

void read_checkpoint(const fs::path& file) {
  attempt([&] { net::read_checkpoint_description(file); });
  attempt([&] { net::read_checkpoint(file); });
}

void read_json_files(const fs::path& file) {
  const Json json = read_json(file);
  const std::string source = file.string();
  attempt([&] { plan::dataset_from_json(json, "name", source); });
  attempt([&] { plan::fingerprint_from_json(json, source); });
  attempt([&] { data::read_or_make_splits(file, {"a", "b", "c", "d", "e"}); });
  attempt([&] {
    const plan::Plans plans = plan::plans_from_json(json, source);
    for (const std::string& name : plans.configuration_names())
      attempt([&] { plans.configuration(name); });
  });
}

void install(const fs::path& file) {
  const fs::path output = file.parent_path() / "models";
  fs::remove_all(output);
  train::install_model(file, output);
}

}  // namespace seg::fuzz
