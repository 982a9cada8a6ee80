#pragma once

namespace seg::app {

// How this process keeps what is freed, and in which pages the system gives it memory. To be chosen
// before there are tensors; THP_MEM_ALLOC_ENABLE=0 or 1 of the environment decides of the pages.

/// Keeps freed memory for the next feature map of that size, pieces of up to 32 MB by the C library
/// and larger ones as KeptBlocks: to get its pages anew from the system takes a tenth of a
/// prediction. All tensors above 2 MiB begin at pages of that size (where the system lets programs
/// choose): to fault in small ones takes a twentieth.
void keep_memory_as_predictions_need();

/// Keeps pieces of up to 16 MB, as between the many feature maps that a training holds larger ones
/// would lie unused; what is larger has large pages as it lies, as all that begin at one would take
/// up to a third more of small patches.
void keep_memory_as_trainings_need();

}  // namespace seg::app
