#pragma once

#include "seg/plan/files.hpp"
#include "table.hpp"

namespace seg::app {

/// What is in a file: for a program, {"kind": ..., ...}, and for a person.
struct Description {
  Json json;
  Table table;
};

}  // namespace seg::app
