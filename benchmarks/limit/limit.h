/* Shared by the limit programs: clock, random numbers, a vectorisable expf, aligned memory, one JSON line.
 *
 * Each program is one workload as a person would write it by hand for one thread: state in float32, connectivity drawn here,
 * the loop over neurons branch-free so that gcc vectorises it, spikes delivered to the state of the target.
 * Compile: gcc -O3 -march=native -ffast-math NAME.c -lm   (see Makefile)
 */
#ifndef LIMIT_H
#define LIMIT_H
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#define BLOCK 64 /* neurons per block: the spike test of a block is one branch */

/* gcc prefers 256-bit vectors even where 512-bit ones cost nothing: ask for the wide ones in the hot loops. */
#if defined(__AVX512F__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target("prefer-vector-width=512"), noinline))
#else
#define WIDE __attribute__((noinline))
#endif

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static double peak_mb(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_maxrss / 1024.0;
}

/* Zeroed memory on huge pages where the system has them: scattered reads then rarely miss the TLB. */
static void *alloc(size_t bytes) {
    size_t page = (size_t)2 << 20, size = (bytes + page - 1) / page * page;
    char *p = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        fprintf(stderr, "no memory for %zu MB\n", bytes >> 20);
        exit(1);
    }
    p = (char *)(((uintptr_t)p + page - 1) / page * page);
    madvise(p, size, MADV_HUGEPAGE);
    if (size <= (size_t)64 << 20) memset(p, 0, size); /* states: pay for the pages now, not in the timed loop */
    return p;
}

/* splitmix64: seed expansion and the only generator needed here. */
static inline uint64_t random64(uint64_t *s) {
    uint64_t z = (*s += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
static inline double uniform(uint64_t *s) { return ((random64(s) >> 11) + 0.5) * 0x1p-53; }
static inline uint32_t below(uint32_t bits, uint32_t n) { return (uint32_t)(((uint64_t)bits * n) >> 32); }
static inline double normal(uint64_t *s) { return sqrt(-2.0 * log(uniform(s))) * cos(2.0 * M_PI * uniform(s)); }

/* exp in float32: reduction by ln 2 in two parts, polynomial of degree 6 (Cephes), about 1 ulp in -87..88.
 * The rounding is the add-and-subtract trick, kept from -ffast-math by passing through the integer view. */
static inline __attribute__((always_inline)) float fexp(float x) {
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    float n = __builtin_rintf(x * 1.44269504088896341f);
    float r = x - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    union { int32_t i; float f; } scale = {((int32_t)n + 127) << 23};
    return p * scale.f;
}

/* A spike's row is walked long after it was written: ask for its lines (into the second-level cache) while earlier rows are delivered. */
static inline void prefetch_row(const void *p, size_t bytes) {
    for (size_t o = 0; o < bytes; o += 64) __builtin_prefetch((const char *)p + o, 0, 2);
}

/* Rows of fixed-probability connectivity by geometric skips, targets ascending: rows[n + 1] and targets. */
typedef struct {
    int64_t *rows;
    int32_t *targets;
    int64_t synapses;
} Net;

static __attribute__((unused)) Net draw(int32_t n, double p, uint64_t *seed) {
    Net net = {alloc(sizeof(int64_t) * (n + 1)), NULL, 0};
    int64_t most = (int64_t)((double)n * n * p * 1.02 + 50.0 * sqrt((double)n * n * p) + 1000);
    net.targets = alloc(sizeof(int32_t) * most);
    double scale = 1.0 / log1p(-p);
    for (int32_t i = 0; i < n; i++) {
        net.rows[i] = net.synapses;
        for (double j = floor(log(uniform(seed)) * scale); j < n; j += 1 + floor(log(uniform(seed)) * scale))
            net.targets[net.synapses++] = (int32_t)j;
    }
    net.rows[n] = net.synapses;
    return net;
}

/* Add w to state[target] for one row. */
static inline __attribute__((always_inline)) void add_row(float *restrict state, const int32_t *restrict t, int64_t m, float w) {
    int64_t k = 0;
    for (; k + 4 <= m; k += 4) {
        state[t[k]] += w;
        state[t[k + 1]] += w;
        state[t[k + 2]] += w;
        state[t[k + 3]] += w;
    }
    for (; k < m; k++) state[t[k]] += w;
}

/* bytes: what a run must move at least, states read and written every step, each delivered synapse read once. */
static void report(const char *workload, int32_t n, int64_t synapses, double bio_s, double build_s, double sim_s, int64_t spikes,
                   int64_t events, double bytes, double neuron_s) {
    printf("{\"workload\": \"%s\", \"peer\": \"limit\", \"n\": %d, \"threads\": 1, \"synapses\": %lld, \"bio_s\": %g, \"build_s\": %.4g, "
           "\"sim_s\": %.4g, \"per_bio_s\": %.4g, \"spikes\": %lld, \"events\": %lld, \"rate_hz\": %.4g, \"bytes_moved\": %.4g, "
           "\"gb_per_s\": %.3g, \"neurons_s\": %.4g, \"ns_per_neuron_step\": %.3g, \"ns_per_event\": %.3g, \"peak_rss_mb\": %.0f}\n",
           workload, n, (long long)synapses, bio_s, build_s, sim_s, sim_s / bio_s, (long long)spikes, (long long)events,
           spikes / (double)n / bio_s, bytes, bytes / sim_s * 1e-9, neuron_s, neuron_s / (bio_s * 1e4) / n * 1e9,
           events ? (sim_s - neuron_s) / events * 1e9 : 0.0, peak_mb());
}
#endif
