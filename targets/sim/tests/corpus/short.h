// One-line kernels: `x` and `y` are the work-item's own elements of `a` and `b`.
#ifndef SHORT_H
#define SHORT_H

#include "kernel.h"

#define MAP1(name, A, OUT, tolerance, expression)                                                   \
  KERNEL(name, A, A, OUT, tolerance) {                                                              \
    EACH;                                                                                           \
    of_##A x = a[i];                                                                                \
    out[i] = (expression);                                                                          \
  }

#define MAP2(name, A, B, OUT, tolerance, expression)                                                \
  KERNEL(name, A, B, OUT, tolerance) {                                                              \
    EACH;                                                                                           \
    of_##A x = a[i];                                                                                \
    of_##B y = b[i];                                                                                \
    out[i] = (expression);                                                                          \
  }

#endif
