// What the lanes of a wave do together.
#include "../kernel.h"

static u32 meet(int place, together what, struct meeting *mine) {
  shim_meet(place, what, mine);
  return mine->out[0];
}

static void ballot(struct meeting *lanes[32], u32 mask) {
  u32 votes = 0;
  for (int i = 0; i < 32; i++)
    if (mask >> i & 1)
      votes |= (u32)(lanes[i]->in[0] != 0) << i;
  for (int i = 0; i < 32; i++)
    if (mask >> i & 1)
      lanes[i]->out[0] = votes;
}
u32 shim_ballot(int place, int predicate) {
  struct meeting mine = {.in = {predicate != 0}};
  return meet(place, ballot, &mine);
}

// Only lanes that are here are read: kernels do not read others.
static void readlane(struct meeting *lanes[32], u32 mask) {
  for (int i = 0; i < 32; i++)
    if (mask >> i & 1) {
      int from = lanes[i]->in[1] == 99 ? __builtin_ctz(mask) : (int)(lanes[i]->in[1] & 31);
      lanes[i]->out[0] = lanes[from] ? lanes[from]->in[0] : 0;
    }
}
u32 shim_readlane(int place, u32 value, int lane) {
  struct meeting mine = {.in = {value, lane & 31}};
  return meet(place, readlane, &mine);
}
u32 shim_readfirstlane(int place, u32 value) {
  struct meeting mine = {.in = {value, 99}};
  return meet(place, readlane, &mine);
}

static void bpermute(struct meeting *lanes[32], u32 mask) {
  for (int i = 0; i < 32; i++)
    if (mask >> i & 1) {
      int from = lanes[i]->in[0] / 4 % 32;
      lanes[i]->out[0] = lanes[from] ? lanes[from]->in[1] : 0;
    }
}
u32 shim_bpermute(int place, u32 address, u32 value) {
  struct meeting mine = {.in = {address, value}};
  return meet(place, bpermute, &mine);
}

static void permute(struct meeting *lanes[32], u32 mask) {
  u32 sent[32] = {0};
  for (int i = 0; i < 32; i++)
    if (mask >> i & 1)
      sent[lanes[i]->in[0] / 4 % 32] = lanes[i]->in[1];
  for (int i = 0; i < 32; i++)
    if (mask >> i & 1)
      lanes[i]->out[0] = sent[i];
}
u32 shim_permute(int place, u32 address, u32 value) {
  struct meeting mine = {.in = {address, value}};
  return meet(place, permute, &mine);
}

static int swizzled(int lane, u32 pattern) {
  if (pattern & 0x8000)
    return (lane & ~3) | (pattern >> (2 * (lane & 3)) & 3);
  return ((lane & (pattern & 31)) | (pattern >> 5 & 31)) ^ (pattern >> 10 & 31);
}
static void swizzle(struct meeting *lanes[32], u32 mask) {
  for (int i = 0; i < 32; i++)
    if (mask >> i & 1) {
      int from = swizzled(i, lanes[i]->in[1]);
      lanes[i]->out[0] = lanes[from] ? lanes[from]->in[0] : 0;
    }
}
u32 shim_swizzle(int place, u32 value, int pattern) {
  struct meeting mine = {.in = {value, pattern}};
  return meet(place, swizzle, &mine);
}

// Where DPP16 reads from, or -1.
static int dpp_source(int lane, int control) {
  int row = lane & 16, at = lane & 15, by = control & 15;
  switch (control & 0x1f0) {
  case 0x100: return at + by < 16 ? row + at + by : -1;
  case 0x110: return at >= by ? row + at - by : -1;
  case 0x120: return row + (at + 16 - by) % 16;
  case 0x140: return by == 0 ? row + 15 - at : (lane & ~7) + 7 - (lane & 7);
  case 0x150: return row + by;
  case 0x160: return lane ^ by;
  default: return (lane & ~3) + (control >> (2 * (lane & 3)) & 3);
  }
}
static void dpp(struct meeting *lanes[32], u32 mask) {
  for (int i = 0; i < 32; i++)
    if (mask >> i & 1) {
      u32 *in = lanes[i]->in;
      int from = dpp_source(i, in[2]), enabled = in[3] >> (i / 16) & in[4] >> (i % 16 / 4) & 1;
      int here = from >= 0 && lanes[from];
      lanes[i]->out[0] = !enabled ? in[0] : here ? lanes[from]->in[1] : in[5] ? 0 : in[0];
    }
}
u32 shim_dpp(int place, u32 old, u32 value, int control, int rows, int banks, int bound) {
  struct meeting mine = {.in = {old, value, control, rows, banks, bound}};
  return meet(place, dpp, &mine);
}

static void dpp8(struct meeting *lanes[32], u32 mask) {
  for (int i = 0; i < 32; i++)
    if (mask >> i & 1) {
      int from = (i & ~7) + (lanes[i]->in[1] >> (3 * (i & 7)) & 7);
      lanes[i]->out[0] = lanes[from] ? lanes[from]->in[0] : 0;
    }
}
u32 shim_dpp8(int place, u32 value, u32 selects) {
  struct meeting mine = {.in = {value, selects}};
  return meet(place, dpp8, &mine);
}

static void permlane(struct meeting *lanes[32], u32 mask) {
  for (int i = 0; i < 32; i++)
    if (mask >> i & 1) {
      u32 *in = lanes[i]->in;
      int from = ((i & 16) ^ in[6]) + ((i & 8 ? in[3] : in[2]) >> (4 * (i & 7)) & 15);
      lanes[i]->out[0] = lanes[from] ? lanes[from]->in[1] : in[5] ? 0 : in[0];
    }
}
u32 shim_permlane(int place, u32 old, u32 value, u32 low, u32 high, int fetch, int bound, int other) {
  struct meeting mine = {.in = {old, value, low, high, fetch, bound, other}};
  return meet(place, permlane, &mine);
}

static void reduce(struct meeting *lanes[32], u32 mask) {
  u32 first = __builtin_ctz(mask), total = lanes[first]->in[0];
  for (int i = first + 1; i < 32; i++)
    if (mask >> i & 1) {
      u32 value = lanes[i]->in[0];
      switch (lanes[i]->in[1]) {
      case '+': total += value; break;
      case '^': total ^= value; break;
      case '<': total = value < total ? value : total; break;
      default: total = value > total ? value : total;
      }
    }
  for (int i = 0; i < 32; i++)
    if (mask >> i & 1)
      lanes[i]->out[0] = total;
}
u32 shim_reduce(int place, u32 value, char operation) {
  struct meeting mine = {.in = {value, operation}};
  return meet(place, reduce, &mine);
}

// in: 0 bits, 1 sign of A, 2 sign of B, 3 clamp, 4.. A, 8.. B, 12.. C.
static void integer_product(struct meeting *lanes[32], u32 mask) {
  (void)mask;
  for (int row = 0; row < 16; row++)
    for (int column = 0; column < 16; column++) {
      const u32 *a = lanes[row]->in, *b = lanes[column]->in;
      int bits = a[0], in_word = 32 / bits;
      int r = row / 2, lane = column + 16 * (row % 2);
      i64 sum = (i32)lanes[lane]->in[12 + r];
      for (int k = 0; k < 16; k++)
        sum += shim_element(a[4 + k / in_word], k % in_word, bits, a[1]) *
               shim_element(b[8 + k / in_word], k % in_word, bits, b[2]);
      if (a[3])
        sum = sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum;
      lanes[lane]->out[r] = (u32)sum;
    }
}
i32x8 shim_wmma_integer(int place, int bits, int sign_a, const void *a, int sign_b, const void *b,
                        i32x8 c, int clamp) {
  struct meeting mine = {.in = {bits, sign_a, sign_b, clamp}};
  memcpy(&mine.in[4], a, 2 * bits);
  memcpy(&mine.in[8], b, 2 * bits);
  memcpy(&mine.in[12], &c, sizeof c);
  shim_meet(place, integer_product, &mine);
  memcpy(&c, mine.out, sizeof c);
  return c;
}

static f64 half_value(u16 bits, int brain) {
  return brain ? (f64)float_of((u32)bits << 16) : (f64)half_of(bits);
}
static f64 float_product(struct meeting *lanes[32], int row, int column) {
  const u16 *a = (const u16 *)&lanes[row]->in[2], *b = (const u16 *)&lanes[column]->in[10];
  f64 sum = 0;
  for (int k = 0; k < 16; k++)
    sum += half_value(a[k], lanes[row]->in[0]) * half_value(b[k], lanes[row]->in[0]);
  return sum;
}
// in: 0 brain, 1 high half, 2.. A, 10.. B, 18.. C.
static void single_product(struct meeting *lanes[32], u32 mask) {
  (void)mask;
  for (int row = 0; row < 16; row++)
    for (int column = 0; column < 16; column++) {
      int r = row / 2, lane = column + 16 * (row % 2);
      f64 sum = float_product(lanes, row, column) + (f64)float_of(lanes[lane]->in[18 + r]);
      lanes[lane]->out[r] = bits_of((f32)sum);
    }
}
f32x8 shim_wmma_single(int place, int brain, const void *a, const void *b, f32x8 c) {
  struct meeting mine = {.in = {brain, 0}};
  memcpy(&mine.in[2], a, 32);
  memcpy(&mine.in[10], b, 32);
  memcpy(&mine.in[18], &c, sizeof c);
  shim_meet(place, single_product, &mine);
  memcpy(&c, mine.out, sizeof c);
  return c;
}

// To the nearest brain float, halfway cases to the even one.
static u16 brain_of(f64 value) {
  u32 bits = bits_of((f32)value);
  return (u16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
static void half_product(struct meeting *lanes[32], u32 mask) {
  (void)mask;
  for (int row = 0; row < 16; row++)
    for (int column = 0; column < 16; column++) {
      int r = row / 2, lane = column + 16 * (row % 2);
      int brain = lanes[lane]->in[0], shift = 16 * lanes[lane]->in[1];
      u32 c = lanes[lane]->in[18 + r];
      f64 sum = float_product(lanes, row, column) + half_value((u16)(c >> shift), brain);
      u16 d = brain ? brain_of(sum) : bits_of_half((f16)sum);
      lanes[lane]->out[r] = (c & ~(0xffffu << shift)) | (u32)d << shift;
    }
}
void shim_wmma_half(int place, int brain, const void *a, const void *b, const void *c, int high,
                    void *d) {
  struct meeting mine = {.in = {brain, high}};
  memcpy(&mine.in[2], a, 32);
  memcpy(&mine.in[10], b, 32);
  memcpy(&mine.in[18], c, 32);
  shim_meet(place, half_product, &mine);
  memcpy(d, mine.out, 32);
}
