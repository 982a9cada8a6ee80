#pragma once

/// What the shared library hands out to others; everything else in it is hidden.
#define SEG_API __attribute__((visibility("default")))
