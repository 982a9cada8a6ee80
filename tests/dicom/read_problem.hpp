#pragma once

#include <filesystem>
#include <string>

#include "catch.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "text.hpp"

namespace seg::test {

/// What the error of reading says; it never tells of the patient.
inline std::string problem_of(const std::filesystem::path& scan) {
  try {
    data::read_image({scan});
  } catch (const Error& error) {
    const std::string text = error.what();
    CHECK_FALSE(contains(text, "SECRET"));
    CHECK_FALSE(contains(text, "19700101"));
    CHECK_FALSE(contains(text, "\n"));
    return text;
  }
  return "was read";
}

}  // namespace seg::test
