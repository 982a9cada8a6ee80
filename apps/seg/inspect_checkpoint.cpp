#include "inspect_checkpoint.hpp"

#include <set>
#include <sstream>
#include <string>

#include "seg/net/checkpoint_file.hpp"

namespace seg::app {
namespace {

using net::Value;

std::string shape_text(const at::Tensor& tensor) {
  std::string text;
  for (const auto extent : tensor.sizes())
    text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text.empty() ? "one number" : text;
}

/// One line for any value; of large ones only their size.
struct ValueText {
  std::string operator()(const Value::None&) const { return "none"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    std::ostringstream text;
    text << value;
    return text.str();
  }
  std::string operator()(const std::string& value) const {
    return value.size() > 60 ? "text of " + std::to_string(value.size()) + " characters" : value;
  }
  std::string operator()(const at::Tensor& tensor) const {
    return shape_text(tensor) + " " + at::toString(tensor.scalar_type());
  }
  std::string operator()(const Value::List& list) const {
    return "list of " + std::to_string(list.size());
  }
  std::string operator()(const Value::Dict& dict) const {
    return "dict of " + std::to_string(dict.size());
  }
  std::string operator()(const Value::Opaque& opaque) const { return "a " + opaque.what; }
};

std::string text_of(const Value& value) { return std::visit(ValueText{}, value.data); }

/// The value behind several keys, or nullptr.
const Value* find_below(const Value& value, const std::vector<std::string>& keys) {
  const Value* found = &value;
  for (const std::string& key : keys)
    if (found) found = found->find(key);
  return found;
}

struct Origin {
  const char* name;
  std::vector<std::string> keys;
};

/// Where nnU-Net keeps what a checkpoint was trained on.
const std::vector<Origin>& origins() {
  static const std::vector<Origin> all{{"trainer", {"trainer_name"}},
                                       {"dataset", {"init_args", "plans", "dataset_name"}},
                                       {"plans", {"init_args", "plans", "plans_name"}},
                                       {"configuration", {"init_args", "configuration"}},
                                       {"fold", {"init_args", "fold"}},
                                       {"epoch", {"current_epoch"}},
                                       {"best moving average of Dice", {"_best_ema"}}};
  return all;
}

/// A number or a text as such.
Json json_of(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value.data)) return *whole;
  if (const auto* number = std::get_if<double>(&value.data)) return *number;
  return text_of(value);
}

void add_origins(Description& description, const Value& checkpoint) {
  for (const Origin& origin : origins())
    if (const Value* found = find_below(checkpoint, origin.keys)) {
      description.table.push_back({origin.name, text_of(*found)});
      description.json["origin"][origin.name] = json_of(*found);
    }
}

/// Weights under the names that nnU-Net, its first version and MONAI use, else the file itself.
const Value& weights_of(const Value& checkpoint) {
  for (const char* key : {"network_weights", "state_dict", "model"})
    if (const Value* found = checkpoint.find(key); found && found->is_dict()) return *found;
  return checkpoint;
}

void add_entries(Description& description, const Value& checkpoint) {
  if (!checkpoint.is_dict()) return;
  for (const auto& [key, value] : std::get<Value::Dict>(checkpoint.data)) {
    description.table.push_back({"entry " + text_of(key), text_of(value)});
    description.json["entries"][text_of(key)] = json_of(value);
  }
}

void add_weights(Description& description, const Value& weights) {
  if (!weights.is_dict()) return;
  Table rows;
  Json tensors = Json::object();
  std::set<const void*> seen;  // nnU-Net lists some tensors under two names
  std::int64_t numbers = 0;
  for (const auto& [key, value] : std::get<Value::Dict>(weights.data))
    if (const auto* tensor = std::get_if<at::Tensor>(&value.data)) {
      const std::string type = at::toString(tensor->scalar_type());
      rows.push_back({text_of(key), shape_text(*tensor), type});
      tensors[text_of(key)] = {{"shape", tensor->sizes().vec()}, {"type", type}};
      if (seen.insert(tensor->const_data_ptr()).second) numbers += tensor->numel();
    }
  Table& table = description.table;
  table.push_back({"weights", std::to_string(rows.size()) + " tensors, " + std::to_string(numbers) +
                                  " numbers"});
  table.insert(table.end(), rows.begin(), rows.end());
  description.json["weights"] = tensors;
  description.json["numbers"] = numbers;
}

}  // namespace

Description describe_checkpoint(const std::filesystem::path& file) {
  const Value checkpoint = net::read_checkpoint(file);
  const Value& weights = weights_of(checkpoint);
  Description description{{{"kind", "checkpoint"}}, {}};
  add_origins(description, checkpoint);
  if (!checkpoint.is_dict()) description.table.push_back({"content", text_of(checkpoint)});
  if (&weights != &checkpoint) add_entries(description, checkpoint);
  add_weights(description, weights);
  return description;
}

}  // namespace seg::app
