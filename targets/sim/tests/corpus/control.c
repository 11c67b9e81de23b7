// Control flow that diverges: switches, loops, calls.
#include "short.h"

KERNEL(dense_switch, I32, I32, I32, 0) {
  EACH;
  i32 x = a[i], r;
  switch (x & 7) {
  case 0: r = x + 1; break;
  case 1: r = x * 3; break;
  case 2: r = x ^ 0x55; break;
  case 3: r = x >> 2; // falls through
  case 4: r = x << 1; break;
  case 5: r = -x; break;
  case 6: r = ~x; break;
  default: r = b[i];
  }
  out[i] = r;
}

KERNEL(sparse_switch, SMALL, I32, I32, 0) {
  EACH;
  i32 r = 0;
  switch (a[i] * 37) {
  case 0: r = 11; break;
  case 37: r = b[i]; break;
  case 370: r = b[i] + 1; break;
  case 777: r = 5; break;
  case 1850: r = 9; break;
  case 2331: r = -1; break;
  default: r = 1000;
  }
  out[i] = r;
}

KERNEL(uniform_switch, SMALL, I32, I32, 0) {
  EACH;
  i32 r = i;
  for (int k = 0; k < 6; k++)
    switch ((n + k) % 6) {
    case 0: r += b[i]; break;
    case 1: r *= 3; break;
    case 2: r ^= a[i]; break;
    case 3: r -= 7; break;
    case 4: r = ~r; break;
    default: r <<= 1;
    }
  out[i] = r;
}

KERNEL(collatz, SMALL, SMALL, I32, 0) {
  EACH;
  u32 x = a[i] + 1, steps = 0;
  while (x != 1 && steps < 200) {
    x = x & 1 ? 3 * x + 1 : x / 2;
    steps++;
  }
  out[i] = steps;
}

KERNEL(nested_loops, SMALL, SMALL, I32, 0) {
  EACH;
  i32 sum = 0;
  for (int j = 0; j < (a[i] & 7); j++)
    for (int k = j; k < (b[i] & 7); k++) {
      if ((j * k & 3) == 3)
        continue;
      if (sum > 60)
        break;
      sum += j * k + 1;
    }
  out[i] = sum;
}

KERNEL(several_exits, I32, I32, I32, 0) {
  EACH;
  for (int k = 0; k < 8; k++) {
    i32 x = a[i * 8 + k];
    if (x == 0) {
      out[i] = -k;
      return;
    }
    if (x < 0 && b[i] > 0) {
      out[i] = k;
      return;
    }
  }
  out[i] = 99;
}

KERNEL(short_circuits, I32, I32, I32, 0) {
  EACH;
  i32 x = a[i], y = b[i];
  i32 r = 0;
  if ((x > 0 && y > 0) || (x < -5 && y % 3 == 0))
    r |= 1;
  if (!(x & 1) && (y & 1 || x == y))
    r |= 2;
  r |= (x > y ? x & 4 : y & 8);
  out[i] = r;
}

KERNEL(do_while, SMALL, I32, I32, 0) {
  EACH;
  u32 x = (u32)b[i], r = 0;
  do {
    r = r * 10 + x % 10;
    x /= 10;
  } while (x != 0 && r < 100000000u);
  out[i] = (i32)r;
}

KERNEL(jumps, SMALL, SMALL, I32, 0) {
  EACH;
  i32 x = a[i], r = 0;
again:
  r += x;
  if (x > 40) {
    x -= 9;
    goto again;
  }
  if (x & 1) {
    x >>= 1;
    goto again;
  }
  out[i] = r;
}

KERNEL(binary_search, I32, SMALL, I32, 0) {
  EACH;
  i32 low = 0, high = n;
  while (low < high) {
    i32 middle = (low + high) / 2;
    if (middle * 3 < b[i])
      low = middle + 1;
    else
      high = middle;
  }
  out[i] = low;
}

NOINLINE i32 square_sum(i32 x, i32 y) { return x * x + y; }
NOINLINE i32 calls_another(i32 x, i32 y) { return square_sum(x + 1, y) - square_sum(y, x); }

KERNEL(calls, I32, I32, I32, 0) {
  EACH;
  out[i] = calls_another(a[i], b[i]) + square_sum(i, 3);
}

KERNEL(divergent_calls, I32, I32, I32, 0) {
  EACH;
  i32 r = 0;
  if (a[i] & 1)
    r = square_sum(a[i], b[i]);
  else if (b[i] & 2)
    r = calls_another(b[i], a[i]);
  out[i] = r;
}

struct many { i32 words[24]; };
NOINLINE i32 by_value(struct many m, i32 a, i32 b, i32 c, i64 d, f32 e, i32 f) {
  i32 sum = a - b + c + (i32)d + (i32)e + f;
  for (int k = 0; k < 24; k++)
    sum += m.words[k] * (k + 1);
  return sum;
}
NOINLINE struct many filled(i32 seed) {
  struct many m;
  for (int k = 0; k < 24; k++)
    m.words[k] = seed * k ^ (seed >> k);
  return m;
}

KERNEL(stack_arguments, SMALL, SMALL, I32, 0) {
  EACH;
  struct many m = filled(a[i]);
  m.words[3] = b[i];
  out[i] = by_value(m, a[i], b[i], 5, (i64)a[i] * b[i], 2.5f, i);
}

typedef i32 (*operation)(i32, i32);
NOINLINE i32 sum_of(i32 x, i32 y) { return x + y; }
NOINLINE i32 product_of(i32 x, i32 y) { return x * y; }
NOINLINE i32 difference_of(i32 x, i32 y) { return x - y; }

KERNEL(indirect_calls, I32, I32, I32, 0) {
  EACH;
  operation f = a[i] & 1 ? sum_of : b[i] & 1 ? product_of : difference_of;
  out[i] = f(a[i], b[i]);
}

KERNEL(uniform_indirect_call, I32, I32, I32, 0) {
  EACH;
  operation f = n & 1 ? sum_of : n & 2 ? product_of : difference_of;
  out[i] = f(a[i], b[i]);
}

KERNEL(long_chain, SMALL, I32, I32, 0) {
  EACH;
  i32 x = a[i], r;
  if (x < 4) r = b[i];
  else if (x < 9) r = x * 7;
  else if (x < 17) r = b[i] - x;
  else if (x < 25) r = b[i] / (x + 1);
  else if (x < 33) r = b[i] | x;
  else if (x < 50) r = ~b[i];
  else r = 0;
  out[i] = r;
}

KERNEL(primes_below, SMALL, SMALL, I32, 0) {
  EACH;
  i32 count = 0;
  for (i32 p = 2; p <= a[i]; p++) {
    i32 prime = 1;
    for (i32 d = 2; d * d <= p; d++)
      if (p % d == 0) {
        prime = 0;
        break;
      }
    count += prime;
  }
  out[i] = count;
}
