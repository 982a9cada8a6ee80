#include "seg/predictor.hpp"

int main() { return seg::version() == nullptr; }
