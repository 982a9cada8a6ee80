#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "seg/data/augmentation_table.hpp"
#include "seg/train/recipe.hpp"

namespace seg::train {

// Of each type that a setting may have: what a value of it is called, how it is read from JSON
// (false for another type) and written.

const char* type_of(std::int64_t);
const char* type_of(std::uint64_t);
const char* type_of(const std::optional<std::int64_t>&);
const char* type_of(double);
const char* type_of(bool);
const char* type_of(const std::string&);
const char* type_of(const std::vector<std::string>&);
const char* type_of(const std::optional<std::vector<std::int64_t>>&);
const char* type_of(const data::Range&);

bool read(const Json& json, std::int64_t& value);
bool read(const Json& json, std::uint64_t& value);
bool read(const Json& json, std::optional<std::int64_t>& value);
bool read(const Json& json, double& value);
bool read(const Json& json, bool& value);
bool read(const Json& json, std::string& value);
bool read(const Json& json, std::vector<std::string>& value);
bool read(const Json& json, std::optional<std::vector<std::int64_t>>& value);
bool read(const Json& json, data::Range& value);  ///< only with its ends in order

template <class Value>
Json written(const Value& value) {
  return value;
}
template <class Value>
Json written(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}
inline Json written(const data::Range& value) { return {value.low, value.high}; }

template <class Value>
bool is_allowed(const Value&, const Allowed&) {
  return true;
}
bool is_allowed(const std::string& value, const Allowed& allowed);
bool is_allowed(double value, const Allowed& allowed);
bool is_allowed(std::int64_t value, const Allowed& allowed);
bool is_allowed(const std::optional<std::int64_t>& value, const Allowed& allowed);

/// What a value must be instead.
std::string described(const Allowed& allowed);

/// Puts a value into an entry. @returns what is wrong with it; the entry is then as before.
template <class Value>
std::string put(const Json& json, Value& entry, const Allowed& allowed) {
  Value value{};
  if (!read(json, value)) return std::string("it must be ") + type_of(value);
  if (!is_allowed(value, allowed)) return described(allowed);
  entry = std::move(value);
  return "";
}

}  // namespace seg::train
