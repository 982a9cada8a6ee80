#pragma once

#include <string>

namespace seg::app {

/// A setting's name as the option that is typed: "--output-type" of "output_type".
std::string option_of(std::string setting);

/// A library's text with the settings that it names (see seg::Error) as they are typed:
/// "use --overwrite" of "use `overwrite`", "--output-type nii.gz" of "`output_type=nii.gz`", quoted
/// where a shell would take it for several words.
std::string with_option_names(const std::string& text);

}  // namespace seg::app
