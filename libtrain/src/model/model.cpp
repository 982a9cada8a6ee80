#include "seg/train/model.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <span>

#include "base/json_value.hpp"
#include "base/sorted_entries.hpp"
#include "model/deciding_settings.hpp"
#include "model/upstream_trainer.hpp"
#include "seg/data/augment_labels.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/nearest_entry.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

/// TRAINER__PLANS__CONFIGURATION
bool has_name_of_model(const fs::path& folder) {
  return folder.filename().string().find("__") != std::string::npos;
}

/// Models in a folder such as WORK/results, by their names.
std::vector<std::string> models_in(const fs::path& folder) {
  std::vector<std::string> models;
  for (const fs::path& model : sorted_entries(folder))
    if (has_name_of_model(model)) models.push_back(model.string());
  return models;
}

bool is_model(const fs::path& folder) {
  return fs::exists(folder / "plans.json") && fs::exists(folder / "dataset.json") &&
         models_in(folder / "results").empty();
}

/// FOLDER/checkpoint_NAME.pth, else FOLDER/NAME or FOLDER/NAME.pth.
fs::path checkpoint_file(const fs::path& fold_folder, const std::string& name) {
  const fs::path usual = fold_folder / ("checkpoint_" + name + ".pth");
  for (const fs::path& file : {usual, fold_folder / name, fold_folder / (name + ".pth")})
    if (fs::is_regular_file(file)) return file;
  return name.ends_with(".pth") ? fold_folder / name : usual;
}

fs::path checkpoint_file(const fs::path& folder, const std::string& fold,
                         const std::string& checkpoint) {
  return checkpoint_file(folder / ("fold_" + fold), checkpoint);
}

std::vector<std::string> trained_folds(const fs::path& folder, const std::string& checkpoint) {
  std::vector<std::string> folds;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("fold_") && fs::exists(checkpoint_file(entry.path(), checkpoint)))
      folds.push_back(name.substr(5));
  }
  std::ranges::sort(folds);
  return folds;
}

// "all" stands for the folds of the cross-validation, else for the fold that is named "all".
std::vector<std::string> chosen_folds(const fs::path& folder, const ModelChoice& choice) {
  const auto trained = trained_folds(folder, choice.checkpoint);
  auto folds = choice.folds;
  if (folds == std::vector<std::string>{"all"}) {
    folds = trained;
    if (folds.size() > 1) std::erase(folds, "all");
  }
  for (const auto& fold : folds)
    if (std::ranges::count(folds, fold) > 1)
      throw Error(SettingValue{"folds", joined(folds)}, "names fold " + fold + " more than once",
                  "name each once");
  for (const auto& fold : folds)
    if (std::ranges::find(trained, fold) == trained.end())
      throw Error(
          ErrorKind::not_found,
          {checkpoint_file(folder, fold, choice.checkpoint).string(), "there is no such checkpoint",
           "folds with one: " + (trained.empty() ? "none" : joined(trained))});
  if (folds.empty())
    throw Error(
        ErrorKind::not_trained,
        {folder.string(), "no fold has a " + checkpoint_file("", choice.checkpoint).string(),
         "train the model, or choose another `checkpoint`"});
  return folds;
}

const net::Value& entry(const net::Value& dict, const std::string& key, const std::string& source) {
  const net::Value* value = dict.find(key);
  if (!value)
    throw Error(ErrorKind::bad_model,
                {source, "is no checkpoint of nnU-Net or seg: it has no \"" + key + "\"",
                 "give a checkpoint that training wrote"});
  return *value;
}

// nnU-Net names the configuration in the checkpoint, and last in the folder's name.
std::string configuration_name(const net::Value& checkpoint, const fs::path& folder) {
  const net::Value* arguments = checkpoint.find("init_args");
  const net::Value* name = arguments ? arguments->find("configuration") : nullptr;
  if (name) return name->as<std::string>("configuration");
  const std::string text = fs::absolute(folder).lexically_normal().filename().string();
  const auto last = text.rfind("__");
  return last == std::string::npos ? text : text.substr(last + 2);
}

std::string trainer_name(const net::Value& checkpoint, const std::string& source) {
  const net::Value* name = checkpoint.find("trainer_name");
  return name ? name->as<std::string>(source + ": trainer_name") : "";
}

constexpr char kMirrorAxes[] = "inference_allowed_mirroring_axes";

/// @throws Error for what is no list of some of the patch's axes.
std::vector<int> mirror_axes(const net::Value& checkpoint, std::size_t count,
                             const std::string& source) {
  const net::Value* value = checkpoint.find(kMirrorAxes);
  if (!value || std::holds_alternative<net::Value::None>(value->data)) return {};
  const bool has_no_values = std::holds_alternative<at::Tensor>(value->data) &&
                             std::get<at::Tensor>(value->data).is_meta();
  const Json given = has_no_values ? Json("a tensor") : json_of(*value);
  const auto is_axis = [&](const Json& axis) {
    return axis.is_number_integer() && axis >= 0 && axis < count;
  };
  const std::set<Json> different(given.begin(), given.end());
  if (!given.is_array() || !std::ranges::all_of(given, is_axis) || different.size() != given.size())
    throw Error(ErrorKind::bad_model,
                {source, std::string("its ") + kMirrorAxes + " is " + given.dump(),
                 "it must be null, or name some of the axes 0 to " + std::to_string(count - 1)});
  return given.get<std::vector<int>>();
}

/// In what the plans that a checkpoint was trained with differ from those of the model's folder;
/// nothing where they are not in it, or not as plans are today.
std::vector<std::string> changed_since_training(const net::Value& checkpoint, const Model& model) {
  const net::Value* arguments = checkpoint.find("init_args");
  const net::Value* plans = arguments ? arguments->find("plans") : nullptr;
  if (!plans) return {};
  try {
    const plan::Experiment trained = plan::make_experiment(
        model.dataset, plan::plans_from_json(json_of(*plans), "the checkpoint's plans"),
        model.configuration.name);
    return differing_settings(deciding_settings(trained), deciding_settings(model));
  } catch (const std::exception&) {
    return {};
  }
}

/// nnU-Net goes by plans.json, too, which may have been edited on purpose, or replaced.
void tell_of_other_plans(const fs::path& file, const net::Value& checkpoint, const Model& model,
                         const Reporter& reporter) {
  const auto changed = changed_since_training(checkpoint, model);
  if (!changed.empty())
    reporter.warn(file.string() + " was trained with another " + joined(changed) +
                  " than plans.json says, which counts");
}

std::shared_ptr<net::Network> load_network(const Model& model, const fs::path& file) {
  auto options = network_options(model);
  options.draw_weights = false;
  const auto network = net::build_network(model.configuration.architecture, options);
  const net::Value content = net::read_checkpoint(file);
  net::load_state_dict(*network, entry(content, "network_weights", file.string()), file.string());
  network->set_deep_supervision(false);
  network->eval();
  return network;
}

}  // namespace

std::string models_near(const fs::path& given) {
  if (has_name_of_model(fs::weakly_canonical(given))) return "";
  std::vector<fs::path> places{given / "results", given};
  for (const fs::path& entry : sorted_entries(given))
    places.insert(places.end(), {entry / "results", entry});
  fs::path above = fs::weakly_canonical(given).parent_path();
  for (int levels = 0; levels < 3; ++levels, above = above.parent_path()) {
    if (is_model(above)) return path_from_here(above);
    places.push_back(above / "results");
  }
  for (const fs::path& place : places)
    if (const auto models = models_in(place); !models.empty()) return joined(models);
  return "";
}

void require_model_folder(const fs::path& folder) {
  if (!fs::exists(folder))
    throw Error(ErrorKind::not_found,
                {folder.string(), "there is no such model folder", nearest_entry(folder)});
  if (is_model(folder)) return;
  if (folder.extension() == ".zip" && fs::is_regular_file(folder))
    throw Error(ErrorKind::bad_model,
                {folder.string(), "is an archive, not a model folder", "install it first"});
  if (const std::string near = models_near(folder); !near.empty())
    throw Error(ErrorKind::bad_model, {folder.string(), "is no model folder", "give " + near});
  for (const char* name : {"plans.json", "dataset.json"})
    if (!fs::exists(folder / name))
      throw Error(ErrorKind::bad_model,
                  {folder.string(), std::string("is no model folder: it has no ") + name,
                   "give the folder that holds plans.json, dataset.json and fold_0, fold_1, ..."});
}

net::NetworkOptions network_options(const plan::Experiment& experiment) {
  const auto classes = static_cast<std::int64_t>(experiment.labels.all.size());
  const auto channels = static_cast<std::int64_t>(experiment.dataset.channel_names.size());
  const bool cascade = experiment.configuration.previous_stage.has_value();
  return {.input_channels = channels + (cascade ? classes - 1 : 0),
          .outputs = experiment.labels.network_outputs(),
          .deep_supervision = true};
}

at::Tensor network_input(const at::Tensor& data, const at::Tensor& previous,
                         const plan::Labels& labels) {
  if (!previous.defined()) return data;
  return data::append_one_hot(data.unsqueeze(0), previous.unsqueeze(0), labels)[0];
}

Model describe_model(const fs::path& folder, const ModelChoice& choice, const Reporter& reporter) {
  require_model_folder(folder);
  Model model;
  for (const auto& fold : chosen_folds(folder, choice))
    model.checkpoints.push_back(checkpoint_file(folder, fold, choice.checkpoint));
  plan::Dataset dataset = plan::read_dataset(folder);
  plan::Plans plans = plan::read_plans(folder / "plans.json");
  const net::Value content = net::read_checkpoint_description(model.checkpoints.front());
  static_cast<plan::Experiment&>(model) = plan::make_experiment(
      std::move(dataset), std::move(plans), configuration_name(content, folder));
  tell_of_other_plans(model.checkpoints.front(), content, model, reporter);
  for (const fs::path& file : std::span(model.checkpoints).subspan(1))
    tell_of_other_plans(file, net::read_checkpoint_description(file), model, reporter);
  const std::string source = model.checkpoints.front().string();
  const std::string trainer = trainer_name(content, source);
  if (!is_known_trainer(trainer))
    reporter.say(folder.string() + " was trained by " + trainer +
                 ", which seg does not know; it predicts with the network that the plans name");
  model.configuration.architecture =
      architecture_built_by(trainer, model.configuration.architecture);
  model.mirror_axes = mirror_axes(content, model.configuration.patch_size.size(), source);
  return model;
}

void load_networks(Model& model) {
  for (const fs::path& file : model.checkpoints)
    model.networks.push_back(load_network(model, file));
}

Model load_model(const fs::path& folder, const ModelChoice& choice, const Reporter& reporter) {
  Model model = describe_model(folder, choice, reporter);
  load_networks(model);
  return model;
}

}  // namespace seg::train
