#include "seg/net/checkpoint_value.hpp"

#include <array>

#include "seg/plan/error.hpp"

namespace seg::net {
namespace {

std::string kind(const Value& value) {
  // In the order of Value::data.
  static const std::array names{"None",   "a truth value", "a whole number", "a number",
                                "a text", "a tensor",      "a list",         "a dictionary"};
  const auto* opaque = std::get_if<Value::Opaque>(&value.data);
  return opaque ? "an object of " + opaque->what : names.at(value.data.index());
}

}  // namespace

const Value* Value::find(const std::string& key) const {
  const auto* dict = std::get_if<Dict>(&data);
  if (!dict) return nullptr;
  for (const auto& [name, value] : *dict) {
    const auto* text = std::get_if<std::string>(&name.data);
    if (text && *text == key) return &value;
  }
  return nullptr;
}

template <typename T>
const T& Value::as(const std::string& what) const {
  if (const T* held = std::get_if<T>(&data)) return *held;
  throw Error(ErrorKind::bad_model,
              {what, "is " + kind(*this) + " where " + kind(Value{T{}}) + " is expected",
               "take a file that seg or nnU-Net wrote"});
}

template const bool& Value::as(const std::string&) const;
template const std::int64_t& Value::as(const std::string&) const;
template const double& Value::as(const std::string&) const;
template const std::string& Value::as(const std::string&) const;
template const at::Tensor& Value::as(const std::string&) const;
template const Value::List& Value::as(const std::string&) const;
template const Value::Dict& Value::as(const std::string&) const;

}  // namespace seg::net
