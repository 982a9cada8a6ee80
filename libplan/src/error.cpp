#include "seg/plan/error.hpp"

#include <array>

#include "seg/plan/one_line.hpp"

namespace seg {

const char* name_of(ErrorKind kind) {
  constexpr std::array names{"bad_input",    "bad_model",   "bad_setting",      "not_found",
                             "not_writable", "no_space",    "out_of_memory",    "interrupted",
                             "in_use",       "not_planned", "not_preprocessed", "not_trained",
                             "unexpected"};
  static_assert(names.size() == static_cast<std::size_t>(ErrorKind::unexpected) + 1);
  return names.at(static_cast<std::size_t>(kind));
}

std::string message_of(const ErrorParts& parts) {
  return one_line(parts.where) + ": " + one_line(parts.problem) +
         (parts.remedy.empty() ? "" : "; " + one_line(parts.remedy));
}

Error::Error(ErrorKind kind, const ErrorParts& parts)
    : std::runtime_error(message_of(parts)),
      kind_(kind),
      parts_(std::make_shared<const ErrorParts>(parts)) {}

Error::Error(const std::string& where, const std::string& problem, const std::string& remedy)
    : Error(ErrorKind::bad_input, {where, problem, remedy, ""}) {}

Error::Error(const SettingValue& setting, const std::string& problem, const std::string& remedy)
    : Error(ErrorKind::bad_setting,
            {setting.name + (setting.value.empty() ? "" : " " + setting.value), problem, remedy,
             setting.name}) {}

}  // namespace seg
