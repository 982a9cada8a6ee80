#include "layers/arguments.hpp"

#include <c10/util/StringUtil.h>

#include <algorithm>

namespace seg::net {
namespace {

[[noreturn]] void refuse(const Arguments& arguments, const std::string& key,
                         const std::string& expected) {
  throw Error(arguments.owner, "argument \"" + key + "\" is " + arguments.values.at(key).dump(),
              "it must be " + expected);
}

std::int64_t positive(const Arguments& arguments, const std::string& key, const Json& value) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < 1) {
    refuse(arguments, key, "made of whole numbers above 0");
  }
  return value.get<std::int64_t>();
}

// A list with `count` entries; a single number stands for all of them.
std::vector<Json> spread(const Arguments& arguments, const std::string& key,
                         std::pair<Json, std::size_t> value_and_count) {
  const auto& [value, count] = value_and_count;
  if (!value.is_array()) return std::vector<Json>(count, value);
  if (value.size() != count) refuse(arguments, key, std::to_string(count) + " entries long");
  return {value.begin(), value.end()};
}

}  // namespace

void refuse_unknown(const Arguments& arguments, const std::vector<std::string>& known) {
  for (const auto& [key, value] : arguments.values.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    throw Error(arguments.owner, "there is no argument \"" + key + "\"",
                "remove it from the plan, or update seg");
  }
}

bool given(const Arguments& arguments, const std::string& key) {
  return arguments.values.contains(key) && !arguments.values.at(key).is_null();
}

std::string class_name(const Arguments& arguments, const std::string& key) {
  const auto full = optional<std::string>(arguments, key, "");
  return full.substr(full.rfind('.') + 1);
}

Arguments nested(const Arguments& arguments, const std::string& key) {
  const std::string owner = arguments.owner + ", " + key;
  if (!given(arguments, key)) return {Json::object(), owner};
  if (!arguments.values.at(key).is_object()) refuse(arguments, key, "a dictionary");
  return {arguments.values.at(key), owner};
}

std::string choice(const Arguments& arguments, const std::string& key,
                   const std::vector<std::string>& values) {
  const auto value = optional(arguments, key, values.front());
  if (std::find(values.begin(), values.end(), value) != values.end()) return value;
  throw Error(arguments.owner, key + " is \"" + value + "\"",
              "possible are " + c10::Join(", ", values));
}

std::vector<std::int64_t> per_stage(const Arguments& arguments, const std::string& key,
                                    std::size_t stages) {
  std::vector<std::int64_t> result;
  for (const auto& value : spread(arguments, key, {required<Json>(arguments, key), stages})) {
    result.push_back(positive(arguments, key, value));
  }
  return result;
}

std::vector<std::vector<std::int64_t>> per_stage_and_axis(const Arguments& arguments,
                                                          const std::string& key,
                                                          std::array<std::size_t, 2> shape) {
  std::vector<std::vector<std::int64_t>> result;
  for (const auto& stage : spread(arguments, key, {required<Json>(arguments, key), shape[0]})) {
    auto& sizes = result.emplace_back();
    for (const auto& value : spread(arguments, key, {stage, shape[1]})) {
      sizes.push_back(positive(arguments, key, value));
    }
  }
  return result;
}

std::vector<std::vector<std::int64_t>> sizes_list(const Arguments& arguments,
                                                  const std::string& key) {
  const auto values = required<Json>(arguments, key);
  if (!values.is_array() || values.empty()) refuse(arguments, key, "a list of sizes");
  const auto axes = values.front().size();
  if (axes < 2 || axes > 3) refuse(arguments, key, "made of two or of three sizes each");
  return per_stage_and_axis(arguments, key, {values.size(), axes});
}

}  // namespace seg::net
