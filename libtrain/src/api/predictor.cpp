#include "seg/predictor.hpp"

#include "api/guarded.hpp"
#include "api/inside.hpp"
#include "api/segment_image.hpp"

namespace seg {
namespace fs = std::filesystem;
namespace {

train::PredictOptions predict_options(const PredictorOptions& options) {
  if (!(options.step_size > 0 && options.step_size <= 1))
    throw Error(SettingValue{"step_size", std::to_string(options.step_size)},
                "is not a part of the patch", "give a number above 0 and up to 1");
  train::PredictOptions all;
  all.folds = options.folds;
  all.checkpoint = options.checkpoint;
  all.mirroring = options.mirroring;
  all.step_size = options.step_size;
  all.device = options.device;
  all.precision = options.precision;
  all.threads = options.threads;
  all.orientation = options.orientation;
  all.engine = options.engine;
  return all;
}

/// Models are averaged output by output.
void require_same_task(const train::Model& model, const train::Model& first,
                       const fs::path& folder) {
  const auto& [labels, expected] = std::tie(model.labels, first.labels);
  if (labels.all != expected.all || labels.regions != expected.regions ||
      labels.regions_class_order != expected.regions_class_order ||
      model.dataset.channel_names.size() != first.dataset.channel_names.size())
    throw Error(ErrorKind::bad_model,
                {folder.string(), "segments other labels, or from other channels, than the first",
                 "average models of one dataset"});
}

}  // namespace

const char* version() { return SEG_VERSION_STRING; }

Predictor::Predictor(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;
Predictor::~Predictor() = default;

Predictor Predictor::load(const fs::path& model, const PredictorOptions& options) {
  return load(std::vector{model}, options);
}

Predictor Predictor::load(const std::vector<fs::path>& models, const PredictorOptions& options) {
  if (models.empty())
    throw Error(ErrorKind::bad_setting, {"models", "there is none", "give at least one folder"});
  const train::PredictOptions all = predict_options(options);
  auto inside = std::make_unique<Inside>();
  inside->threads = options.threads;
  guarded(options.threads, [&] {
    for (const fs::path& folder : models) {
      inside->models.push_back(train::load_to_stay(folder, all));
      require_same_task(inside->models.back()->model, inside->first(), folder);
    }
  });
  return Predictor(std::move(inside));
}

Segmentation Predictor::segment(const Image& image, const SegmentControl& control) const {
  Segmentation result;
  guarded(inside_->threads, [&] { result = segment_image(*inside_, image, control); });
  return result;
}

MemoryNeed Predictor::memory_needed(const std::array<std::int64_t, 4>& shape,
                                    const std::array<double, 3>& spacing,
                                    const SegmentControl& control) const {
  MemoryNeed need;
  guarded(inside_->threads, [&] {
    need = memory_of(*inside_, {nullptr, shape, {spacing}}, control);
  });
  return need;
}

std::vector<std::string> Predictor::channels() const {
  return inside_->first().dataset.channel_names;
}

std::vector<std::pair<std::string, int>> Predictor::outputs() const {
  const plan::Labels& labels = inside_->first().labels;
  std::vector<std::pair<std::string, int>> outputs;
  if (!labels.has_regions()) outputs.emplace_back("background", 0);
  for (std::size_t i = 0; i < labels.foreground_names.size(); ++i)
    outputs.emplace_back(labels.foreground_names[i], labels.has_regions()
                                                         ? labels.regions_class_order[i]
                                                         : labels.foreground()[i].front());
  return outputs;
}

std::string Predictor::device() const { return inside_->models.front()->window.device.str(); }

std::string Predictor::precision() const {
  return train::precision_name(inside_->models.front()->window.precision);
}

}  // namespace seg
