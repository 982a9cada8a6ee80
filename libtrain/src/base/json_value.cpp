#include "base/json_value.hpp"

namespace seg::train {
namespace {

using net::Value;

Value dict_of(const Json& json) {
  Value::Dict dict;
  for (const auto& [key, entry] : json.items()) dict.emplace_back(Value{key}, value_of(entry));
  return {dict};
}

Value list_of(const Json& json) {
  Value::List list;
  for (const auto& entry : json) list.push_back(value_of(entry));
  return {list};
}

/// One overload for each kind of value.
struct ToJson {
  Json operator()(bool value) const { return value; }
  Json operator()(std::int64_t value) const { return value; }
  Json operator()(double value) const { return value; }
  Json operator()(const std::string& value) const { return value; }
  Json operator()(const Value::List& list) const {
    Json json = Json::array();
    for (const auto& entry : list) json.push_back(json_of(entry));
    return json;
  }
  Json operator()(const Value::Dict& dict) const {
    Json json = Json::object();
    for (const auto& [key, entry] : dict) {
      if (const auto* name = std::get_if<std::string>(&key.data)) json[*name] = json_of(entry);
      if (const auto* number = std::get_if<std::int64_t>(&key.data))
        json[std::to_string(*number)] = json_of(entry);
    }
    return json;
  }
  Json operator()(const at::Tensor& tensor) const {
    if (tensor.dim() == 0)
      return tensor.is_floating_point() ? Json(tensor.item<double>())
                                        : Json(tensor.item<std::int64_t>());
    Json json = Json::array();
    for (std::int64_t i = 0; i < tensor.size(0); ++i) json.push_back((*this)(tensor[i]));
    return json;
  }
  template <typename Other>
  Json operator()(const Other&) const {
    return nullptr;
  }
};

}  // namespace

Value value_of(const Json& json) {
  if (json.is_object()) return dict_of(json);
  if (json.is_array()) return list_of(json);
  if (json.is_string()) return {json.get<std::string>()};
  if (json.is_boolean()) return {json.get<bool>()};
  if (json.is_number_integer()) return {json.get<std::int64_t>()};
  if (json.is_number()) return {json.get<double>()};
  return {};
}

Json json_of(const net::Value& value) { return std::visit(ToJson{}, value.data); }

}  // namespace seg::train
