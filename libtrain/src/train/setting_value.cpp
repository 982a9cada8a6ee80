#include "train/setting_value.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "seg/plan/joined.hpp"

namespace seg::train {

const char* type_of(std::int64_t) { return "a whole number"; }
const char* type_of(std::uint64_t) { return "a whole number that is not negative"; }
const char* type_of(const std::optional<std::int64_t>&) { return "a whole number or null"; }
const char* type_of(double) { return "a number"; }
const char* type_of(bool) { return "true or false"; }
const char* type_of(const std::string&) { return "a text"; }
const char* type_of(const std::vector<std::string>&) { return "a list of texts"; }
const char* type_of(const std::optional<std::vector<std::int64_t>>&) {
  return "a list of whole numbers or null";
}
const char* type_of(const data::Range&) { return "[lowest, highest]"; }

bool read(const Json& json, std::int64_t& value) {
  if (json.is_number_integer()) value = json.get<std::int64_t>();
  return json.is_number_integer();
}
bool read(const Json& json, std::uint64_t& value) {
  const bool right = json.is_number_unsigned() || (json.is_number_integer() && json >= 0);
  if (right) value = json.get<std::uint64_t>();
  return right;
}
bool read(const Json& json, std::optional<std::int64_t>& value) {
  value.reset();
  return json.is_null() || read(json, value.emplace());
}
bool read(const Json& json, double& value) {
  if (json.is_number()) value = json.get<double>();
  return json.is_number();
}
bool read(const Json& json, bool& value) {
  if (json.is_boolean()) value = json.get<bool>();
  return json.is_boolean();
}
bool read(const Json& json, std::string& value) {
  if (json.is_string()) value = json.get<std::string>();
  return json.is_string();
}

namespace {

template <class Element>
bool read_list(const Json& json, std::vector<Element>& value) {
  if (!json.is_array()) return false;
  value.clear();
  for (const auto& element : json)
    if (!read(element, value.emplace_back())) return false;
  return true;
}

}  // namespace

bool read(const Json& json, std::vector<std::string>& value) { return read_list(json, value); }
bool read(const Json& json, std::optional<std::vector<std::int64_t>>& value) {
  value.reset();
  return json.is_null() || read_list(json, value.emplace());
}
bool read(const Json& json, data::Range& value) {
  return json.is_array() && json.size() == 2 && read(json[0], value.low) &&
         read(json[1], value.high) && value.low <= value.high;
}

bool is_allowed(const std::string& value, const Allowed& allowed) {
  return allowed.names.empty() || std::ranges::find(allowed.names, value) != allowed.names.end();
}
bool is_allowed(double value, const Allowed& allowed) {
  return std::isfinite(value) &&
         (value > allowed.low || (allowed.low_itself && value == allowed.low)) &&
         (value < allowed.high || (allowed.high_itself && value == allowed.high));
}
bool is_allowed(std::int64_t value, const Allowed& allowed) {
  return is_allowed(static_cast<double>(value), allowed);
}
bool is_allowed(const std::optional<std::int64_t>& value, const Allowed& allowed) {
  return !value || is_allowed(*value, allowed);
}

std::string described(const Allowed& allowed) {
  if (!allowed.names.empty()) return "use " + joined(allowed.names, ", ", " or ");
  std::ostringstream low, high;
  low << (allowed.low_itself ? "at least " : "above ") << allowed.low;
  high << (allowed.high_itself ? "at most " : "below ") << allowed.high;
  std::vector<std::string> bounds;
  if (std::isfinite(allowed.low)) bounds.push_back(low.str());
  if (std::isfinite(allowed.high)) bounds.push_back(high.str());
  return "it must be " + (bounds.empty() ? "finite" : joined(bounds, " and "));
}

}  // namespace seg::train
