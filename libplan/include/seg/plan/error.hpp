#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "seg/plan/api.hpp"

namespace seg {

/// What a program can do something about.
enum class ErrorKind {
  bad_input,         ///< a file of the user's is not as it must be
  bad_model,         ///< a checkpoint or a model folder is not
  bad_setting,       ///< a setting has a value that it cannot have
  not_found,         ///< a file, a folder or a device is not there
  not_writable,      ///< permissions, a read-only file system, ...
  no_space,          ///< the disk or the quota is full
  out_of_memory,     ///< of the machine or of the GPU
  interrupted,       ///< stopped as asked; what was done so far is kept
  in_use,            ///< another process works on it
  not_planned,       ///< planning has to come first; where() is the work folder
  not_preprocessed,  ///< preprocessing has to come first
  not_trained,       ///< training has to come first
  unexpected         ///< nobody foresaw it: of another library, or a mistake of the program's
};

/// "bad_input", ...: for programs that read what others report.
SEG_API const char* name_of(ErrorKind kind);

/// The parts of an error's message.
struct ErrorParts {
  std::string where;         ///< file, folder, case or setting
  std::string problem;       ///< what is wrong with it
  std::string remedy = {};   ///< what to do
  std::string setting = {};  ///< name of the setting that `where` begins with, if it does
};

/// A setting by its name, such as "batch_size", and its value.
struct SettingValue {
  std::string name, value;
};

/// Bad input or environment that the user can mend: a file, a setting, a full disk.
///
/// what() is one line for a person: "WHERE: PROBLEM; REMEDY", the last part if there is a remedy.
/// Libraries speak of settings, in texts as `overwrite` or `output_type=nii.gz`, and of what is to
/// be done; a program with a command line turns these into its options and commands. Mistakes of
/// the program itself are std::logic_error instead.
class SEG_API Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const ErrorParts& parts);
  /// ErrorKind::bad_input.
  Error(const std::string& where, const std::string& problem, const std::string& remedy = "");
  /// ErrorKind::bad_setting; `where` is "NAME VALUE".
  Error(const SettingValue& setting, const std::string& problem, const std::string& remedy = "");

  ErrorKind kind() const { return kind_; }
  const ErrorParts& parts() const { return *parts_; }

 private:
  ErrorKind kind_;
  std::shared_ptr<const ErrorParts> parts_;  // copies of exceptions must not throw
};

/// "WHERE: PROBLEM; REMEDY", as what() has it.
SEG_API std::string message_of(const ErrorParts& parts);

}  // namespace seg
