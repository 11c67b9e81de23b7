//! What chips are: limits, matrix atoms, number formats and timing constants.
