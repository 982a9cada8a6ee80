#include "option_checks.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <regex>
#include <string>

namespace seg::app {
namespace {

using Check = std::string (*)(const std::string& value);  ///< what is wrong, or nothing

using Bound = bool (*)(double number);

/// CLI11's own would tell the largest number there is, of 300 digits.
CLI::Validator bounded(Bound is_inside, const std::string& name, const std::string& problem) {
  const auto check = [is_inside, problem](const std::string& value) {
    double number = 0;
    if (!CLI::detail::lexical_cast(value, number)) return value + " is no number";
    return is_inside(number) ? std::string() : value + problem;
  };
  return {check, name};
}

/// As a variable of a script that is not set gives.
std::string not_empty(const std::string& value) {
  return value.empty() ? "is empty; give a value, or leave it out" : "";
}

std::string sha256(const std::string& value) {
  return std::regex_match(value, std::regex("[0-9A-Fa-f]{64}"))
             ? ""
             : value + " is no SHA-256 of 64 hexadecimal digits";
}

std::string finite(const std::string& value) {
  double number = 0;
  return CLI::detail::lexical_cast(value, number) && !std::isfinite(number)
             ? value + " is not a finite number"
             : "";
}

/// CLI11 would take the largest number there is for one beyond all range.
template <class Number>
std::string in_range(const std::string& value) {
  Number number{};
  const char* const end = value.data() + value.size();
  const auto [stopped, code] = std::from_chars(value.data(), end, number);
  return code == std::errc::result_out_of_range ? value + " is beyond all range" : "";
}

std::string without_sign(const std::string& value) {
  return value.starts_with('-') ? value + " is negative" : in_range<std::uint64_t>(value);
}

std::string device(const std::string& value) {
  return std::regex_match(value, std::regex("auto|cpu|cuda(:[0-9]{1,3})?"))
             ? ""
             : value + " is no device; there are auto, cpu, cuda and cuda:N";
}

std::string fold(const std::string& value) {
  return std::regex_match(value, std::regex("all|[0-9]{1,6}"))
             ? ""
             : value + " is no fold; there are 0 to 4, and all";
}

std::string fold_or_all_folds(const std::string& value) {
  return value == "all-folds" ? "" : fold(value);
}

Check check_of(const CLI::Option& option) {
  const std::string type = option.get_type_name(), name = option.get_single_name();
  if (type.starts_with("FLOAT")) return finite;
  if (type.starts_with("UINT")) return without_sign;
  if (type.starts_with("INT")) return in_range<std::int64_t>;
  if (name == "device" || name == "devices") return device;
  if (name.ends_with("sha256")) return sha256;
  if (name == "fold") return fold_or_all_folds;
  return name == "folds" ? fold : nullptr;
}

/// Of "500MB", "1.5GB", ...: units of 1024, as docker and control groups count.
std::int64_t bytes_of(const std::string& size) {
  std::smatch parts;
  if (!std::regex_match(size, parts, std::regex("([0-9]{1,9}(?:\\.[0-9]{1,9})?) ?([MGT])i?B?")))
    throw CLI::ValidationError("--max-memory",
                               size + " is no size with a unit, such as 800MB or 3.5GB");
  const double unit = std::ldexp(1.0, parts[2] == "M" ? 20 : parts[2] == "G" ? 30 : 40);
  return static_cast<std::int64_t>(std::stod(parts[1]) * unit);
}

}  // namespace

CLI::Option* add_max_memory(CLI::App& command, std::int64_t& bytes) {
  return command
      .add_option_function<std::string>(
          "--max-memory",
          [&bytes](const std::string& size) { bytes = std::max<std::int64_t>(bytes_of(size), 1); },
          "such as 4GB, that this process may take: fewer cases at a time then, and what cannot "
          "fit is refused before (default: what is free)")
      ->type_name("SIZE");
}

CLI::Validator above_zero() {
  return bounded([](double number) { return number > 0; }, "POSITIVE", " is not above 0");
}

CLI::Validator not_negative() {
  return bounded([](double number) { return number >= 0; }, "NONNEGATIVE", " is negative");
}

void add_option_checks(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) {
    if (option->get_expected_max() > 0) option->check(not_empty);
    if (const Check check = check_of(*option)) option->check(check);
  }
  for (CLI::App* below : command.get_subcommands({})) add_option_checks(*below);
}

}  // namespace seg::app
