// Runs kernels on the host, a fiber for each work-item, and serves the requests of the test.
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "../kernel.h"

enum { STACK = 256 << 10 };
enum state { READY, MEETING, AT_BARRIER, DONE };

struct item {
  ucontext_t context;
  enum state state;
  int place;
  together what;
  struct meeting *mine;
  char *stack;
};

static struct item items[BLOCK];
static ucontext_t scheduler;
static int running, group, groups;

static const struct kernel *kernel;
static void *argument_a, *argument_b, *argument_out;
static int argument_n;
static const void *argument_extra;

int shim_lane(void) { return running; }
int shim_group(void) { return group; }
int shim_groups(void) { return groups; }

static void sleep_as(enum state state) {
  struct item *item = &items[running];
  item->state = state;
  swapcontext(&item->context, &scheduler);
}

void shim_barrier(void) { sleep_as(AT_BARRIER); }

void shim_meet(int place, together what, struct meeting *mine) {
  struct item *item = &items[running];
  item->place = place;
  item->what = what;
  item->mine = mine;
  sleep_as(MEETING);
}

static void start(void) {
  kernel->run(argument_a, argument_b, argument_out, argument_n, argument_extra);
  items[running].state = DONE;
  setcontext(&scheduler);
}

static void step(int index) {
  running = index;
  swapcontext(&scheduler, &items[index].context);
}

// Runs lanes until all are at a barrier or done.
static void run_wave(int first) {
  for (;;) {
    for (int i = first; i < first + 32; i++)
      if (items[i].state == READY)
        step(i);
    struct item *earliest = NULL;
    for (int i = first; i < first + 32; i++)
      if (items[i].state == MEETING && (!earliest || items[i].place < earliest->place))
        earliest = &items[i];
    if (!earliest)
      return;
    struct meeting *lanes[32] = {0};
    u32 mask = 0;
    int place = earliest->place;
    for (int i = 0; i < 32; i++) {
      struct item *item = &items[first + i];
      if (item->state == MEETING && item->place == place) {
        lanes[i] = item->mine;
        mask |= 1u << i;
        item->state = READY;
      }
    }
    earliest->what(lanes, mask);
  }
}

static void run_group(void) {
  for (int i = 0; i < BLOCK; i++) {
    struct item *item = &items[i];
    if (!item->stack)
      item->stack = malloc(STACK);
    getcontext(&item->context);
    item->context.uc_stack.ss_sp = item->stack;
    item->context.uc_stack.ss_size = STACK;
    item->context.uc_link = NULL;
    item->state = READY;
    makecontext(&item->context, start, 0);
  }
  for (;;) {
    int waiting = 0;
    for (int first = 0; first < BLOCK; first += 32)
      run_wave(first);
    for (int i = 0; i < BLOCK; i++) {
      waiting += items[i].state == AT_BARRIER;
      if (items[i].state == AT_BARRIER)
        items[i].state = READY;
    }
    if (waiting == 0)
      return;
  }
}

extern const struct kernel *const __start_kernels[], *const __stop_kernels[];

static const struct kernel *find(const char *name) {
  for (const struct kernel *const *k = __start_kernels; k < __stop_kernels; k++)
    if (strcmp((*k)->name, name) == 0)
      return *k;
  fprintf(stderr, "there is no kernel named %s\n", name);
  exit(1);
}

static void must_read(void *to, size_t bytes) {
  if (fread(to, 1, bytes, stdin) != bytes)
    exit(2);
}

static void *read_array(u32 bytes) {
  void *array = malloc(bytes ? bytes : 1);
  must_read(array, bytes);
  return array;
}

// A request: name (64 bytes), n, and the sizes of a, b and out, 64 bytes for an extra argument, then the
// arrays. The answer is the new content of out.
static void serve(void) {
  char name[64];
  u32 sizes[4];
  while (fread(name, 1, sizeof name, stdin) == sizeof name) {
    must_read(sizes, sizeof sizes);
    argument_extra = read_array(64);
    kernel = find(name);
    argument_n = (int)sizes[0];
    argument_a = read_array(sizes[1]);
    argument_b = read_array(sizes[2]);
    argument_out = read_array(sizes[3]);
    groups = (argument_n + BLOCK - 1) / BLOCK;
    for (group = 0; group < groups; group++)
      run_group();
    fwrite(argument_out, 1, sizes[3], stdout);
    free(argument_a);
    free(argument_b);
    free(argument_out);
    free((void *)argument_extra);
  }
}

int main(int count, char **arguments) {
  (void)arguments;
  if (count == 1) {
    for (const struct kernel *const *k = __start_kernels; k < __stop_kernels; k++)
      printf("%s %s %s %s %d\n", (*k)->name, (*k)->a, (*k)->b, (*k)->out, (*k)->tolerance);
    return 0;
  }
  serve();
  return 0;
}
