#pragma once

#include <stdexcept>
#include <string>

namespace seg {

/// Bad input or environment that the user can mend: a file, a setting, a full disk.
///
/// The message is one line for a person: which file (or option), what is wrong, what to do.
/// Commands print it after "error: " and leave with exit code 1. Mistakes of the program itself are
/// std::logic_error instead.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  /// "WHERE: PROBLEM; REMEDY", without the last part if `remedy` is empty.
  Error(const std::string& where, const std::string& problem, const std::string& remedy = "")
      : std::runtime_error(where + ": " + problem + (remedy.empty() ? "" : "; " + remedy)) {}
};

}  // namespace seg
