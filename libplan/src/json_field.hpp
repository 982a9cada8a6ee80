#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg {

/// A JSON object under the name that errors should give it ("plans.json, configuration 2d").
struct JsonObject {
  const Json& json;
  std::string source;

  bool has(const std::string& key) const { return json.contains(key) && !json[key].is_null(); }

  /// @throws Error when the key is missing.
  const Json& at(const std::string& key) const {
    if (!json.is_object()) throw Error(source, "is not a JSON object with named entries");
    if (!json.contains(key)) throw Error(source, "the entry \"" + key + "\" is missing", "add it");
    return json[key];
  }

  JsonObject object(const std::string& key) const {
    const Json& value = at(key);
    if (!value.is_object()) throw Error(source, "the entry \"" + key + "\" is not an object");
    return {value, source + ", " + key};
  }

  /// @throws Error when the key is missing or its value has another type.
  template <class T>
  T get(const std::string& key) const {
    const Json& value = at(key);
    if (std::is_integral_v<T> && value.is_number_float()) throw unexpected(key);
    if (holds_integers<T>() && has_fraction(value)) throw unexpected(key);
    try {
      return value.get<T>();
    } catch (const Json::exception&) {
      throw unexpected(key);
    }
  }

  template <class T>
  T get_or(const std::string& key, T otherwise) const {
    return has(key) ? get<T>(key) : otherwise;
  }

  /// For lists; conversion would cut fractions off.
  template <class T>
  static constexpr bool holds_integers() {
    if constexpr (requires { typename T::value_type; } && !std::is_same_v<T, std::string>)
      return std::is_integral_v<typename T::value_type>;
    return false;
  }
  static bool has_fraction(const Json& list) {
    return list.is_array() && std::ranges::any_of(list, [](const Json& value) {
             return value.is_number_float() &&
                    value.get<double>() != std::floor(value.get<double>());
           });
  }

  Error unexpected(const std::string& key) const {
    const std::string value = json[key].dump().substr(0, 60);
    return {source, "the entry \"" + key + "\" has an unexpected value " + value};
  }
};

}  // namespace seg
