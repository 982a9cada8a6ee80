#include "seg/data/phantom.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <set>
#include <string>

#include "cases/nearest_name.hpp"
#include "cases/phantom_shapes.hpp"
#include "seg/data/image.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/data/random.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/lock.hpp"
#include "seg/plan/output_name.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

struct Phantom {
  at::Tensor image;   ///< float32 [Z, Y, X]
  at::Tensor labels;  ///< uint8 [Z, Y, X]: 0 background, 1 body, 2 head
  Geometry geometry;
};

double rounded(double value) { return std::round(value * 100) / 100; }

/// Slices are thick along y, the second array axis, and the scanner's box is tilted.
Geometry draw_geometry(CountedRandom& random) {
  Geometry geometry;
  const double in_plane = rounded(random.uniform(0.95, 1.05));
  geometry.spacing = {in_plane, rounded(random.uniform(2.4, 2.6)), in_plane};
  for (double& position : geometry.origin) position = rounded(random.uniform(-80, 80));
  const at::Tensor rotation = rotation_matrix(
      {random.uniform(-0.3, 0.3), random.uniform(-0.3, 0.3), random.uniform(-0.3, 0.3)});
  std::copy_n(rotation.const_data_ptr<double>(), 9, geometry.direction.begin());
  return geometry;
}

std::array<std::int64_t, 3> draw_shape(CountedRandom& random) {
  return {random.integer(54, 64), random.integer(20, 24), random.integer(48, 56)};
}

/// Body and head touch: the head sits at one end of the body's long axis.
struct Anatomy {
  Ellipsoid tissue, body, head;
};

Anatomy draw_anatomy(CountedRandom& random) {
  const auto about = [&](double size) { return size * random.uniform(0.85, 1.15); };
  Anatomy anatomy;
  anatomy.tissue = {{0, 0, 0}, {about(28), about(25), about(25)}, rotation_matrix({0, 0, 0})};
  anatomy.body.radii = {about(12), about(9), about(7)};
  anatomy.head.radii = {about(6), about(8), about(7)};
  anatomy.body.axes = anatomy.head.axes = rotation_matrix(
      {random.uniform(-0.4, 0.4), random.uniform(-0.4, 0.4), random.uniform(-0.4, 0.4)});
  for (double& position : anatomy.body.centre) position = random.uniform(-4, 4);
  const double distance = 0.9 * (anatomy.body.radii[0] + anatomy.head.radii[0]);
  for (int axis = 0; axis < 3; ++axis)
    anatomy.head.centre[axis] =
        anatomy.body.centre[axis] - distance * anatomy.body.axes[axis][0].item<double>();
  anatomy.body.centre[0] += 0.4 * distance;
  anatomy.head.centre[0] += 0.4 * distance;
  return anatomy;
}

at::Tensor draw_waves(const at::Tensor& places, double height, CountedRandom& random) {
  at::Tensor waves = at::zeros_like(places);
  for (int axis = 0; axis < 3; ++axis) {
    const double length = random.uniform(25, 45), phase = random.uniform(0, 2 * std::numbers::pi);
    waves[axis] = height * (places[(axis + 1) % 3] * (2 * std::numbers::pi / length) + phase).sin();
  }
  return waves;
}

/// Magnitude of a complex signal with noise in both parts.
at::Tensor add_rician_noise(const at::Tensor& signal, double sigma, CountedRandom& random) {
  const auto generator = at::detail::createCPUGenerator(random.seed());
  const auto noise = [&] { return sigma * at::randn(signal.sizes(), generator, signal.options()); };
  return at::hypot(signal + noise(), noise());
}

at::Tensor draw_signal(const Anatomy& anatomy, const at::Tensor& places, CountedRandom& random) {
  const at::Tensor body = anatomy.body.inside(places), head = anatomy.head.inside(places);
  const double tissue = random.uniform(0.45, 0.55);
  at::Tensor signal = 0.05 + (tissue - 0.05) * anatomy.tissue.inside(places);
  signal = at::lerp(signal, at::full_like(signal, random.uniform(0.75, 0.9)), body);
  signal = at::lerp(signal, at::full_like(signal, random.uniform(0.15, 0.25)), head * (1 - body));
  return signal;
}

Phantom draw_phantom(const DrawPosition& position) {
  CountedRandom random(position, Purpose::phantom);
  Phantom phantom;
  phantom.geometry = draw_geometry(random);
  const at::Tensor places = voxel_places(draw_shape(random), phantom.geometry.array_spacing());
  const Anatomy anatomy = draw_anatomy(random);
  const at::Tensor warped = places + draw_waves(places, 1.5, random);
  const at::Tensor body = anatomy.body.level(warped), head = anatomy.head.level(warped);
  phantom.labels = at::where(body.le(1), 1, at::where(head.le(1), 2, 0)).to(at::kByte);
  const at::Tensor bias = draw_waves(places / 3, 0.25, random).sum(0).exp();
  const at::Tensor signal = bias * draw_signal(anatomy, warped, random);
  phantom.image =
      (add_rician_noise(signal, 0.04, random) * random.uniform(300, 1500)).round().to(at::kFloat);
  return phantom;
}

std::string case_name(std::size_t index) {
  std::string digits = std::to_string(index + 1);
  digits.insert(0, 3 - std::min<std::size_t>(3, digits.size()), '0');
  return std::string("phantom_").append(digits);
}

struct PhantomFiles {
  fs::path image, labels;
};

/// Training cases come first, test cases after them.
PhantomFiles files_of(const fs::path& folder, const PhantomOptions& options, std::size_t index) {
  const std::string part = static_cast<int>(index) < options.training_cases ? "Tr" : "Ts";
  const std::string name = case_name(index);
  return {folder / ("images" + part) / (name + "_0000.nii.gz"),
          folder / ("labels" + part) / (name + ".nii.gz")};
}

void write_case(const fs::path& folder, const PhantomOptions& options, std::size_t index) {
  const Phantom phantom = draw_phantom({.seed = options.seed, .item = index});
  const PhantomFiles files = files_of(folder, options, index);
  write_image(files.image, phantom.image, phantom.geometry);
  write_label_map(files.labels, phantom.labels, phantom.geometry);
}

std::vector<PhantomFiles> all_files(const fs::path& folder, const PhantomOptions& options) {
  std::vector<PhantomFiles> files;
  const auto cases = static_cast<std::size_t>(options.training_cases + options.test_cases);
  for (std::size_t i = 0; i < cases; ++i) files.push_back(files_of(folder, options, i));
  return files;
}

Json to_json(const PhantomOptions& options) {
  return {{"cases", options.training_cases},
          {"test_cases", options.test_cases},
          {"seed", options.seed}};
}

/// Phantoms among a dataset's cases, and their dataset.json over its own, would spoil it.
void refuse_other_dataset(const fs::path& folder, const PhantomOptions& options) {
  if (!fs::exists(folder / "dataset.json")) return;
  const Json before = read_json(folder / "dataset.json"), now = to_json(options);
  if (!before.is_object() || !before.value("phantoms", Json()).is_object())
    throw Error(folder.string(), "holds another dataset", "choose another folder");
  for (const auto& [name, value] : now.items())
    if (before.at("phantoms").value(name, Json()) != value)
      throw Error(folder.string(), "holds other phantoms (of another \"" + name + "\")",
                  "give another folder, or remove it");
}

/// Cases of a run that was not finished are written anew; of other runs they would be mixed in.
void refuse_other_cases(const fs::path& folder, const std::vector<PhantomFiles>& files) {
  std::set<fs::path> own;
  for (const PhantomFiles& one : files) own.insert({one.image, one.labels});
  for (const char* part : {"imagesTr", "labelsTr", "imagesTs", "labelsTs"})
    for (const std::string& name : file_names(folder / part))
      if (!own.contains(folder / part / name))
        throw Error(folder.string(),
                    "holds other phantoms (" + (fs::path(part) / name).string() + ")",
                    "give another folder, or remove it");
}

void check_folder(const fs::path& folder, const PhantomOptions& options) {
  require_folder_name(folder);
  refuse_other_dataset(folder, options);
  refuse_other_cases(folder, all_files(folder, options));
}

}  // namespace

std::vector<std::string> phantom_intentions(const fs::path& folder, const PhantomOptions& options) {
  check_folder(folder, options);
  std::vector<std::string> lines;
  for (const PhantomFiles& files : all_files(folder, options))
    for (const fs::path& file : {files.image, files.labels}) lines.push_back(to_write(file));
  lines.push_back(to_write(folder / "dataset.json"));
  return lines;
}

void write_example_dataset(const fs::path& folder, const PhantomOptions& options,
                           const Reporter& reporter) {
  check_folder(folder, options);
  const FolderLock lock(folder);
  check_folder(folder, options);  // another run may have written meanwhile
  const auto cases = static_cast<std::size_t>(options.training_cases + options.test_cases);
  for_each_case(cases, {1, "writing phantoms", reporter},
                [&](std::size_t i, const Reporter&) { write_case(folder, options, i); });
  write_json(folder / "dataset.json", {{"channel_names", {{"0", "MRI"}}},
                                       {"labels", {{"background", 0}, {"body", 1}, {"head", 2}}},
                                       {"numTraining", options.training_cases},
                                       {"file_ending", ".nii.gz"},
                                       {"description", "Phantoms like MR scans, written by seg"},
                                       {"phantoms", to_json(options)}});
}

}  // namespace seg::data
