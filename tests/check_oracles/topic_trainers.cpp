#include <map>

#include "array_difference.hpp"
#include "augment/local_kernel.hpp"
#include "augment/transforms.hpp"
#include "recorded_trainer.hpp"
#include "recorded_transform.hpp"
#include "seg/train/losses.hpp"
#include "seg/train/recipe.hpp"
#include "seg/train/trainer_presets.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

constexpr double kOperatorTolerance = 1e-5, kLossTolerance = 1e-6;

using Replay = std::function<at::Tensor(const RecordedTransform&)>;

/// Numbers for the channels that a record changes (all of them unless it names some); `numbers`
/// gives those of the n-th.
data::Drawn of_changed_channels(
    const RecordedTransform& recorded,
    const std::function<std::vector<double>(std::size_t n, std::size_t channel)>& numbers) {
  const auto all = static_cast<std::size_t>(recorded.input.size(0));
  data::Drawn drawn(all);
  const Json channels = recorded.parameters.value("channels", Json());
  for (std::size_t n = 0; n < (channels.is_array() ? channels.size() : all); ++n) {
    const std::size_t channel = channels.is_array() ? channels[n].get<std::size_t>() : n;
    drawn.at(channel) = numbers(n, channel);
  }
  return drawn;
}

double of_nth(const Json& value, std::size_t n) {
  return value.is_array() ? value.at(n).get<double>() : value.get<double>();
}

at::Tensor turned(const RecordedTransform& recorded) {
  const Json& axes = recorded.parameters.at("axes_with_channel");
  const double first = axes[0], second = axes[1];
  return transformed(recorded, "rot90", {{recorded.parameters.at("times"), first - 1, second - 1}});
}

at::Tensor reordered(const RecordedTransform& recorded) {
  std::vector<double> order = recorded.parameters.at("axis_order");
  order.erase(order.begin());
  for (double& axis : order) axis -= 1;
  return transformed(recorded, "transpose_axes", {order});
}

at::Tensor median(const RecordedTransform& recorded) {
  const Json& parameters = recorded.parameters;
  return transformed(recorded, "median_or_blur",
                     of_changed_channels(recorded, [&](std::size_t n, std::size_t) {
                       return parameters.at("apply")[n].get<bool>()
                                  ? std::vector<double>{0, parameters.at("sizes")[n]}
                                  : std::vector<double>{};
                     }));
}

at::Tensor blurred(const RecordedTransform& recorded) {
  return transformed(recorded, "median_or_blur",
                     for_every_channel(recorded, {1, recorded.parameters.at("sigma")[0]}));
}

at::Tensor shifted(const RecordedTransform& recorded) {
  return transformed(
      recorded, "brightness_shift",
      of_changed_channels(recorded, [&](std::size_t, std::size_t channel) {
        return std::vector<double>{recorded.parameters.at("shift")[channel].get<double>()};
      }));
}

at::Tensor contrasted(const RecordedTransform& recorded) {
  data::Drawn drawn = of_channels(recorded.parameters.at("factors"));
  if (!recorded.parameters.at("preserve_range"))
    for (auto& channel : drawn) channel.push_back(0);
  return transformed(recorded, "contrast", drawn);
}

at::Tensor blanked(const RecordedTransform& recorded) {
  data::Drawn drawn;
  for (const Json& channel : recorded.parameters.at("rectangles")) {
    auto& numbers = drawn.emplace_back();
    for (const Json& rectangle : channel)
      for (std::size_t axis = 0; axis < rectangle[0].size(); ++axis) {
        const double start = rectangle[0][axis], end = rectangle[1][axis];
        numbers.insert(numbers.end(), {start, end - start});
      }
  }
  return transformed(recorded, "blank_rectangle", drawn);
}

data::LocalPlace place_of(const Json& recorded) {
  return {recorded.at("location_relative"), recorded.at("scale")};
}

/// A transform that works around a place, whose first number is recorded under `key`.
Replay local(const char* name, const char* key) {
  return [=](const RecordedTransform& recorded) {
    return transformed(recorded, name,
                       of_changed_channels(recorded, [&](std::size_t n, std::size_t) {
                         return data::with_place(of_nth(recorded.parameters.at(key), n),
                                                 place_of(recorded.parameters));
                       }));
  };
}

at::Tensor sharpened(const RecordedTransform& recorded) {
  return transformed(recorded, "sharpening",
                     of_changed_channels(recorded, [&](std::size_t n, std::size_t) {
                       return std::vector<double>{of_nth(recorded.parameters.at("strength"), n)};
                     }));
}

const std::map<std::string, Replay>& operator_replays() {
  static const std::map<std::string, Replay> all{
      {"spatial_image", [](const RecordedTransform& r) { return moved(r, true); }},
      {"spatial_seg", [](const RecordedTransform& r) { return moved(r, false); }},
      {"rot90", turned},
      {"transpose_axes", reordered},
      {"median_filter", median},
      {"gaussian_blur_all_axes", blurred},
      {"brightness_additive", shifted},
      {"contrast", contrasted},
      {"simulate_lowres",
       [](const RecordedTransform& r) {
         return transformed(r, "low_resolution", for_every_channel(r, r.parameters.at("scale")));
       }},
      {"blank_rectangle", blanked},
      {"brightness_gradient", local("brightness_gradient", "strength")},
      {"local_gamma", local("local_gamma", "gamma")},
      {"sharpening", sharpened},
  };
  return all;
}

bool samples_nearest(const Json& entry) {
  const std::string op = entry.at("op");
  if (op == "spatial_image") return entry.at("params").at("mode_image") == "nearest";
  return op == "spatial_seg" && entry.at("params").at("mode_seg") == "nearest";
}

/// What only moves or chooses voxels gives them exactly.
double tolerance_of(const std::string& op) {
  return op == "median_filter" || op == "rot90" || op == "transpose_axes" ? 0 : kOperatorTolerance;
}

/// Halfway between two voxels either may be taken.
void compare_nearest(const at::Tensor& result, const at::Tensor& expected, const Json& entry,
                     Outcome& outcome) {
  const auto ties = entry.at("params").value("samples_within_1e-4_of_a_nearest_tie", 0);
  const auto others = result.ne(expected).sum().item<std::int64_t>();
  if (others > ties * expected.size(0))
    outcome.fault =
        std::to_string(others) + " voxels are others, with " + std::to_string(ties) + " ties";
}

void replay_operator(const fs::path& folder, const Json& entry, Outcome& outcome) {
  RecordedTransform recorded{folder, entry.at("params"), {}};
  recorded.input = recorded.load(entry.at("input"));
  const at::Tensor result = operator_replays().at(entry.at("op"))(recorded);
  const at::Tensor expected = recorded.load(entry.at("output"));
  if (result.sizes() == expected.sizes() && samples_nearest(entry))
    compare_nearest(result, expected, entry, outcome);
  else
    judge(outcome, largest_difference(result, expected), tolerance_of(entry.at("op")));
}

void replay_kernel(const fs::path& folder, const Json& recorded, Outcome& outcome) {
  const std::vector<std::int64_t> shape = recorded.at("shape");
  const at::Tensor kernel = data::local_kernel(shape, place_of(recorded));
  const at::Tensor expected = data::map_npy(folder / recorded.at("kernel").get<std::string>());
  judge(outcome, largest_difference(kernel, expected), kOperatorTolerance);
}

train::LossOptions loss_options(const Json& recorded) {
  static const std::map<std::string, train::Loss> losses{{"TopK10", train::Loss::topk},
                                                         {"TopK10_LS01", train::Loss::topk},
                                                         {"DiceTopK10", train::Loss::dice_topk},
                                                         {"CE", train::Loss::ce},
                                                         {"Dice", train::Loss::dice},
                                                         {"DiceCE_noSmooth", train::Loss::dice_ce}};
  train::LossOptions options;
  const std::string kind = recorded.at("kind");
  options.loss = losses.at(kind);
  options.batch_dice = recorded.at("batch_dice");
  if (kind == "DiceCE_noSmooth") options.dice_smoothing = 0;
  options.label_smoothing = recorded.value("label_smoothing", 0.0);
  if (!recorded.at("ignore_label").is_null()) options.ignore_label = recorded.at("ignore_label");
  options.head_weights = recorded.value("weights", std::vector<double>{});
  return options;
}

void replay_loss(const fs::path& folder, const Json& recorded, Outcome& outcome) {
  const auto load = [&](const Json& file) {
    return data::map_npy(folder / file.get<std::string>()).clone();
  };
  std::vector<at::Tensor> logits, targets;
  for (const Json& file : recorded.at("logits")) logits.push_back(load(file).requires_grad_());
  for (const Json& file : recorded.at("target")) targets.push_back(load(file));
  const at::Tensor loss = train::training_loss(logits, targets, loss_options(recorded));
  loss.backward();
  const double value = recorded.at("value");
  judge(outcome, std::abs(loss.item<double>() - value) / std::max(1.0, std::abs(value)),
        kLossTolerance);
  for (std::size_t head = 0; head < logits.size(); ++head)
    if (const Json& gradient = recorded.at("gradient")[head]; gradient.is_string())
      judge(outcome, largest_difference(logits[head].grad(), load(gradient)), kLossTolerance);
    else if (logits[head].grad().defined())
      outcome.fault = "head " + std::to_string(head) + " has a gradient";
}

/// nnU-Net's DA5 fails now and then on patches with an axis below 6; seg's runs on them.
void run_on_small_patch(const std::vector<std::int64_t>& patch, Outcome& outcome) {
  train::Recipe recipe;
  train::change_recipe(recipe, train::trainer_settings("nnUNetTrainerDA5", patch.size()), "DA5");
  data::AugmentationOptions options;
  options.patch_size = patch;
  options.geometry = data::augmentation_geometry(patch, {.crop_zoom = recipe.crop_zoom});
  options.labels.all = {0, 1};
  options.table = recipe.augmentation;
  std::vector<std::int64_t> shape{8, 2};
  const auto& crop = options.geometry.initial_patch_size;
  shape.insert(shape.end(), crop.begin(), crop.end());
  data::RawBatch raw;
  raw.data = at::ones(shape).cumsum(-1);
  raw.seg = raw.data.narrow(1, 0, 1).gt(2).to(at::kShort);
  for (raw.iteration = 0; raw.iteration < 10; ++raw.iteration)
    if (!data::augment(raw, options).data.isfinite().all().item<bool>())
      outcome.fault = "not all voxels are numbers";
}

void check_trainers(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  for (const Json& one : manifest.at("trainers"))
    if (has_settings(one))
      tell(attempt(one.at("trainer"),
                   [&](Outcome& outcome) { replay_trainer(manifest, one, outcome); }));
  for (const auto& [trainer, pipeline] : manifest.at("cascade").at("train").items())
    tell(attempt("cascade of " + trainer, [&, &name = trainer](Outcome& outcome) {
      replay_cascade(manifest, name, outcome);
    }));
  for (const Json& one : manifest.at("local_kernels"))
    tell(attempt(one.at("kernel"), [&](Outcome& outcome) { replay_kernel(folder, one, outcome); }));
  for (const Json& one : manifest.at("operators"))
    tell(attempt(one.at("op").get<std::string>() + " " + one.at("output").get<std::string>(),
                 [&](Outcome& outcome) { replay_operator(folder, one, outcome); }));
  for (const Json& one : manifest.at("losses"))
    tell(attempt(one.at("kind").get<std::string>() + " " + one.at("gradient")[0].get<std::string>(),
                 [&](Outcome& outcome) { replay_loss(folder, one, outcome); }));
  for (const Json& one : manifest.value("da5_on_small_patches", Json::array()))
    tell(attempt("DA5 on a patch of " + one.at("patch_size").dump(),
                 [&](Outcome& outcome) { run_on_small_patch(one.at("patch_size"), outcome); }));
}

}  // namespace

Topic trainers_topic() {
  return {"trainers", [](const fs::path& folder) { return is_about(folder, "trainers"); },
          check_trainers};
}

}  // namespace seg::oracles
