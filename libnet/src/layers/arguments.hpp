#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::net {

/// The arguments that a plan gives to a network, and who asks for them (for errors).
struct Arguments {
  Json values;
  std::string owner;
};

/// @throws Error for keys outside `known`.
void refuse_unknown(const Arguments& arguments, const std::vector<std::string>& known);

/// Whether a value other than null is there.
bool given(const Arguments& arguments, const std::string& key);

/// The last part of a Python class name, for example Conv3d; empty for None.
std::string class_name(const Arguments& arguments, const std::string& key);

/// The keyword arguments of another class, none for null.
Arguments nested(const Arguments& arguments, const std::string& key);

/// One number per stage, from a list or from one number for all.
std::vector<std::int64_t> per_stage(const Arguments& arguments, const std::string& key,
                                    std::size_t stages);

/// One size per stage and axis, from any mixture of lists and single numbers.
std::vector<std::vector<std::int64_t>> per_stage_and_axis(const Arguments& arguments,
                                                          const std::string& key,
                                                          std::array<std::size_t, 2> shape);

/// A list of sizes, each with two entries or each with three.
std::vector<std::vector<std::int64_t>> sizes_list(const Arguments& arguments,
                                                  const std::string& key);

/// One of `values`, the first if nothing is given. @throws Error that lists them.
std::string choice(const Arguments& arguments, const std::string& key,
                   const std::vector<std::string>& values);

/// A value of the plan. @throws Error if it is missing or of another type.
template <typename T>
T required(const Arguments& arguments, const std::string& key) {
  if (!given(arguments, key)) throw Error(arguments.owner, "argument \"" + key + "\" is missing");
  try {
    return arguments.values.at(key).get<T>();
  } catch (const Json::exception&) {
    throw Error(arguments.owner, "argument \"" + key + "\" has the wrong type",
                "it is " + arguments.values.at(key).dump());
  }
}

/// A value of the plan, `fallback` if it is missing or null.
template <typename T>
T optional(const Arguments& arguments, const std::string& key, T fallback) {
  return given(arguments, key) ? required<T>(arguments, key) : fallback;
}

}  // namespace seg::net
