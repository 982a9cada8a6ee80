#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "kept_memory.hpp"
#include "seg/data/augment.hpp"
#include "seg/data/image.hpp"
#include "seg/data/npy.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/plans.hpp"
#include "seg/predictor.hpp"
#include "seg/train/device.hpp"
#include "seg/train/export.hpp"

// Steps that no command of seg runs alone, for scripts/bench.

namespace {

namespace fs = std::filesystem;
namespace data = seg::data;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct AugmentOptions {
  std::vector<std::int64_t> patch;
  std::uint64_t samples = 1;
};

void augment(const AugmentOptions& bench) {
  data::AugmentationOptions options;
  options.patch_size = bench.patch;
  options.geometry = data::augmentation_geometry(bench.patch);
  options.deep_supervision_scales = {{1, 1, 1}, {0.5, 0.5, 0.5}, {0.25, 0.25, 0.25}};
  options.labels.all = {0, 1};
  const auto& large = options.geometry.initial_patch_size;
  data::RawBatch raw;
  raw.data = at::randn({1, 1, large[0], large[1], large[2]});
  raw.seg = (at::rand_like(raw.data) > 0.9).to(at::kShort);
  data::augment(raw, options);
  const double seconds = seconds_of([&] {
    for (raw.iteration = 1; raw.iteration <= bench.samples; ++raw.iteration)
      data::augment(raw, options);
  });
  std::cout << nlohmann::json{{"seconds", seconds / static_cast<double>(bench.samples)}} << '\n';
}

struct ExportOptions {
  fs::path model, logits, output;
  std::array<std::int64_t, 3> shape{};
  std::array<double, 3> spacing{};
};

data::CaseProperties properties_of(const ExportOptions& bench, const std::vector<double>& planned) {
  data::CaseProperties properties;
  properties.geometry.spacing = {bench.spacing[2], bench.spacing[1], bench.spacing[0]};
  properties.shape_before_cropping = properties.shape_after_cropping = bench.shape;
  properties.box = {{}, bench.shape};
  properties.spacing = bench.spacing;
  properties.target_spacing = {planned.at(0), planned.at(1), planned.at(2)};
  return properties;
}

void export_labels(const ExportOptions& bench) {
  const auto experiment =
      seg::plan::make_experiment(seg::plan::read_dataset(bench.model),
                                 seg::plan::read_plans(bench.model / "plans.json"), "3d_fullres");
  const auto properties = properties_of(bench, experiment.configuration.spacing);
  const double seconds = seconds_of([&] {
    const at::Tensor logits = data::map_npy(bench.logits);
    data::write_label_map(bench.output,
                          seg::train::logits_to_labels(logits, properties, experiment),
                          properties.geometry);
  });
  std::cout << nlohmann::json{{"seconds", seconds}} << '\n';
}

struct EmbeddedOptions {
  fs::path model, scans;
  std::size_t count = 10;
  std::string precision = "auto";
};

/// Memory of this process that is in use, MiB.
double resident_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

seg::Image image_of(const data::Image& scan) {
  seg::Image image{scan.data.const_data_ptr<float>(), {}, {}};
  std::ranges::copy(scan.data.sizes(), image.shape.begin());
  image.geometry = {scan.geometry.spacing, scan.geometry.origin, scan.geometry.direction, false};
  return image;
}

std::vector<data::Image> scans_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<data::Image> scans;
  for (const fs::path& file : files) scans.push_back(data::read_image({file}));
  return scans;
}

/// Scans of one channel, in memory, through one Predictor; again from the first if there are too
/// few.
void embedded(const EmbeddedOptions& bench, int threads) {
  const auto scans = scans_in(bench.scans);
  seg::PredictorOptions options;
  options.threads = threads;
  options.precision = bench.precision;
  std::optional<seg::Predictor> predictor;
  nlohmann::json result;
  result["load"] =
      seconds_of([&] { predictor.emplace(seg::Predictor::load(bench.model, options)); });
  const auto segment = [&](std::size_t i) {
    predictor->segment(image_of(scans[i % scans.size()]));
  };
  result["first"] = seconds_of([&] { segment(0); });
  const std::size_t warm = std::min(scans.size(), bench.count);
  double seconds = 0;
  for (std::size_t i = 1; i < bench.count; ++i) {
    seconds += seconds_of([&] { segment(i); });
    if (i + 1 == warm) result["resident_mib_when_each_was_seen"] = resident_mib();
    for (const std::size_t scans_done : {10, 50, 100, 200})
      if (i + 1 == scans_done)
        result["resident_mib_after"][std::to_string(scans_done)] = resident_mib();
  }
  result["resident_mib_at_end"] = resident_mib();
  result["seconds"] = seconds / static_cast<double>(bench.count - 1);
  std::cout << result << '\n';
}

struct ForwardOptions {
  fs::path model;
  std::string precision = "auto", engine = "seg";
  int repeats = 5;
};

/// Noise on the model's own grid, of as many voxels as its patch, longer along the first axis.
data::Image noise_of_tiles(const seg::plan::Configuration& configuration, std::int64_t tiles) {
  auto patch = configuration.patch_size;
  const bool flat = patch.size() == 2;
  if (flat) patch.insert(patch.begin(), 1);
  patch[0] = flat ? tiles : patch[0] * (tiles + 1) / 2;
  auto spacing = configuration.spacing;
  if (flat) spacing.insert(spacing.begin(), 1);
  data::Image image;
  image.data = at::randn({1, patch[0], patch[1], patch[2]}) * 100;
  image.geometry.spacing = {spacing[2], spacing[1], spacing[0]};
  return image;
}

/// Time per further tile of a scan in memory, without mirroring: the network, what adds tiles up
/// and what makes labels of them.
void forward(const ForwardOptions& bench, int threads) {
  seg::app::keep_memory_as_predictions_need();
  const auto plans = seg::plan::read_plans(bench.model / "plans.json");
  const std::string folder = fs::absolute(bench.model).lexically_normal().filename().string();
  const auto configuration = plans.configuration(folder.substr(folder.rfind("__") + 2));
  seg::PredictorOptions options;
  options.threads = threads;
  options.precision = bench.precision;
  options.engine = bench.engine;
  options.mirroring = false;
  const auto predictor = seg::Predictor::load(bench.model, options);
  const data::Image one = noise_of_tiles(configuration, 1);
  const data::Image three = noise_of_tiles(configuration, 3);
  const auto time = [&](const data::Image& scan) {
    return seconds_of([&] { predictor.segment(image_of(scan)); });
  };
  time(one);
  std::vector<double> seconds;
  for (int i = 0; i < bench.repeats; ++i) {
    const double first = time(one);
    seconds.push_back((time(three) - first) / 2);
  }
  std::ranges::sort(seconds);
  std::cout << nlohmann::json{{"seconds", seconds[seconds.size() / 2]}} << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Single steps of seg, timed.");
  app.require_subcommand(1);
  int threads = 1;
  AugmentOptions to_augment;
  CLI::App* augmenting = app.add_subcommand("augment", "the training transforms of one patch");
  augmenting->add_option("--patch", to_augment.patch)->expected(3)->required();
  augmenting->add_option("--samples", to_augment.samples);
  augmenting->add_option("--threads", threads);
  ExportOptions to_export;
  CLI::App* exporting = app.add_subcommand("export", "from logits to a file of labels");
  exporting->add_option("MODEL", to_export.model)->required();
  exporting->add_option("LOGITS", to_export.logits, ".npy, float32")->required();
  exporting->add_option("OUTPUT", to_export.output)->required();
  exporting->add_option("--shape", to_export.shape, "of the scan")->required();
  exporting->add_option("--spacing", to_export.spacing, "of the scan")->required();
  exporting->add_option("--threads", threads);
  EmbeddedOptions to_embed;
  CLI::App* embedding = app.add_subcommand("embedded", "scans in memory, one model");
  embedding->add_option("MODEL", to_embed.model)->required();
  embedding->add_option("SCANS", to_embed.scans, "folder")->required();
  embedding->add_option("--count", to_embed.count)->check(CLI::Range(2, 100000));
  embedding->add_option("--precision", to_embed.precision);
  embedding->add_option("--threads", threads);
  ForwardOptions to_forward;
  CLI::App* forwarding = app.add_subcommand("forward", "a further tile of a scan in memory");
  forwarding->add_option("MODEL", to_forward.model)->required();
  forwarding->add_option("--precision", to_forward.precision);
  forwarding->add_option("--engine", to_forward.engine);
  forwarding->add_option("--repeats", to_forward.repeats)->check(CLI::PositiveNumber);
  forwarding->add_option("--threads", threads);
  CLI11_PARSE(app, argc, argv);
  seg::train::set_threads(threads);
  if (augmenting->parsed()) augment(to_augment);
  if (exporting->parsed()) export_labels(to_export);
  if (embedding->parsed()) embedded(to_embed, threads);
  if (forwarding->parsed()) forward(to_forward, threads);
  return 0;
}
