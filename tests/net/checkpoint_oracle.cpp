#include "net/checkpoint_oracle.hpp"

#include <functional>
#include <map>

namespace seg::test {
namespace {

using net::Value;
using Shape = std::vector<std::int64_t>;

std::string key_text(const Value& key) {
  if (const auto* text = std::get_if<std::string>(&key.data)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&key.data)) return std::to_string(*number);
  return "?";
}

// The value at a path such as /state/0/weight; the null pointer if there is none.
const Value* step(const Value& value, const std::string& key) {
  if (const auto* list = std::get_if<Value::List>(&value.data)) return &list->at(std::stoul(key));
  const auto* dict = std::get_if<Value::Dict>(&value.data);
  if (!dict) return nullptr;
  for (const auto& [name, entry] : *dict) {
    if (key_text(name) == key) return &entry;
  }
  return nullptr;
}

const Value* at_path(const Value& root, const std::string& path) {
  const Value* value = &root;
  for (std::size_t start = 1; start <= path.size() && value && !path.empty();) {
    const auto end = std::min(path.find('/', start), path.size());
    value = step(*value, path.substr(start, end - start));
    start = end + 1;
  }
  return value;
}

double as_number(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value.data))
    return static_cast<double>(*whole);
  const auto* number = std::get_if<double>(&value.data);
  return number ? *number : std::nan("");
}

bool same_text(const Value& value, const Json& entry) {
  const auto* text = std::get_if<std::string>(&value.data);
  return text && *text == entry.at("value").get<std::string>();
}

bool same_number(const Value& value, const Json& entry) {
  return as_number(value) == entry.at("value").get<double>();
}

bool same_length(const Value& value, const Json& entry) {
  const auto* list = std::get_if<Value::List>(&value.data);
  const auto* dict = std::get_if<Value::Dict>(&value.data);
  const auto length = list ? list->size() : (dict ? dict->size() : 0);
  return (list || dict) && length == entry.at("len").get<std::size_t>();
}

bool close(double a, double b) { return std::abs(a - b) <= 1e-12 * std::max(1.0, std::abs(b)); }

bool same_elements(const at::Tensor& tensor, const std::vector<double>& first) {
  const auto start = tensor.to(at::kDouble).flatten().slice(0, 0, first.size());
  return at::equal(start, at::tensor(first, at::kDouble));
}

std::string type_name(const at::Tensor& tensor) {
  static const std::map<std::string, std::string> python{
      {"Float", "float32"}, {"Double", "float64"}, {"Half", "float16"}, {"BFloat16", "bfloat16"},
      {"Byte", "uint8"},    {"Char", "int8"},      {"Short", "int16"},  {"Int", "int32"},
      {"Long", "int64"},    {"Bool", "bool"}};
  return python.at(at::toString(tensor.scalar_type()));
}

bool same_tensor(const Value& value, const Json& entry) {
  const auto* tensor = std::get_if<at::Tensor>(&value.data);
  if (!tensor) return false;
  const auto numbers = tensor->to(at::kDouble);
  return type_name(*tensor) == entry.at("dtype").get<std::string>() &&
         tensor->sizes() == entry.at("shape").get<Shape>() &&
         tensor->strides() == entry.at("stride").get<Shape>() &&
         tensor->storage_offset() == entry.at("storage_offset").get<std::int64_t>() &&
         close(numbers.sum().item<double>(), entry.at("sum").get<double>()) &&
         close(numbers.norm().item<double>(), entry.at("l2").get<double>()) &&
         same_elements(*tensor, entry.at("first").get<std::vector<double>>());
}

bool same_array(const Value& value, const Json& entry) {
  const auto* tensor = std::get_if<at::Tensor>(&value.data);
  return tensor && type_name(*tensor) == entry.at("dtype").get<std::string>() &&
         tensor->sizes() == entry.at("shape").get<Shape>() &&
         same_elements(*tensor, entry.at("values").get<std::vector<double>>());
}

bool same_truth(const Value& value, const Json& entry) {
  const auto* truth = std::get_if<bool>(&value.data);
  return truth && *truth == entry.at("value").get<bool>();
}

bool is_none(const Value& value, const Json&) {
  return std::holds_alternative<Value::None>(value.data);
}

bool same(const Value& value, const Json& entry) {
  static const std::map<std::string, std::function<bool(const Value&, const Json&)>> table{
      {"dict", same_length},          {"OrderedDict", same_length},   {"list", same_length},
      {"tuple", same_length},         {"tensor", same_tensor},        {"numpy.ndarray", same_array},
      {"int", same_number},           {"float", same_number},         {"numpy.int64", same_number},
      {"numpy.float64", same_number}, {"numpy.float32", same_number}, {"str", same_text},
      {"device", same_text},          {"bool", same_truth},           {"NoneType", is_none}};
  return table.at(entry.at("type").get<std::string>())(value, entry);
}

bool shares_data(const Value& root, const Json& entry) {
  const auto& other = entry.value("same_data_as", Json());
  if (other.is_null()) return true;
  const auto path = entry.at("path").get<std::string>();
  return std::get<at::Tensor>(at_path(root, path)->data).const_data_ptr() ==
         std::get<at::Tensor>(at_path(root, other.get<std::string>())->data).const_data_ptr();
}

}  // namespace

std::vector<std::string> compare_entries(const Value& root, const Json& entries) {
  std::vector<std::string> differences;
  for (const auto& entry : entries) {
    const auto path = entry.at("path").get<std::string>();
    const Value* value = at_path(root, path);
    if (!value || !same(*value, entry) || !shares_data(root, entry)) differences.push_back(path);
  }
  return differences;
}

}  // namespace seg::test
