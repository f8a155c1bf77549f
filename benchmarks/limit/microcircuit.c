/* The cortical microcircuit of Potjans & Diesmann 2014 with DC drive, individual weights and delays:
 *     ./microcircuit [scale 1] [biological seconds 1] [seed 1] [ms before the clock starts 100]
 * A row of a source neuron is sorted by delay, then by target; a synapse is 8 bytes (target, float32 weight). Spikes are pulled:
 * every step walks, for each spike of the last PAST steps, the segment that arrives now, and adds it to the one current array. */
#include "limit.h"
#include "potjans_diesmann.h"

enum { PAST = 64, AHEAD = 6 }; /* longest delay in steps; how many segments ahead memory is asked for */

typedef struct { int32_t target; float weight; } Synapse;
typedef struct { const Synapse *first; int32_t count; } Segment;
typedef struct { int64_t *rows; uint16_t *seg; Synapse *synapses; int64_t count; } Columns;
typedef struct { float *v, *current, *drive; int32_t *until; } State; /* drive: one value a block */

static int32_t sizes[8], starts[9]; /* neurons; first slot, a multiple of BLOCK */

/* Quantiles of the standard normal in 65536 equal steps: a draw is one look-up with 16 random bits. */
static double quantile(double p) {
    double lo = -6.0, hi = 6.0;
    for (int k = 0; k < 50; k++) {
        double mid = 0.5 * (lo + hi);
        if (0.5 * erfc(-mid * M_SQRT1_2) < p) lo = mid; else hi = mid;
    }
    return 0.5 * (lo + hi);
}

static Columns draw_columns(double scale, uint64_t seed) {
    static float relative[65536];
    static uint8_t delay[2][65536];
    for (int i = 0; i < 65536; i++) {
        double z = quantile((i + 0.5) / 65536);
        relative[i] = (float)(1.0 + PD_WEIGHT_SD * z);
        for (int inh = 0; inh < 2; inh++) {
            double mean = inh ? PD_DELAY_I : PD_DELAY_E;
            long steps = lround(10.0 * mean * (1.0 + PD_DELAY_SD * z));
            delay[inh][i] = (uint8_t)((steps < 1 ? 1 : steps > PAST ? PAST : steps) - 1);
        }
    }
    int64_t k[8][8], all = 0;
    for (int t = 0; t < 8; t++)
        for (int s = 0; s < 8; s++) all += k[t][s] = (int64_t)llround(PD_SYNAPSES[t][s] * scale * scale);
    int32_t slots = starts[8];
    Columns net = {alloc(sizeof(int64_t) * (slots + 1)), alloc(sizeof(uint16_t) * (slots + 1) * (PAST + 1)), alloc(sizeof(Synapse) * (all + 64)), all};
    Synapse *raw = alloc(sizeof(Synapse) * 65536), *byTarget = alloc(sizeof(Synapse) * 65536);
    uint8_t *when = alloc(65536), *whenByTarget = alloc(65536);
    int64_t at = 0;
    for (int s = 0; s < 8; s++)
        for (int32_t j = 0; j < starts[s + 1] - starts[s]; j++) {
            int32_t row = starts[s] + j, m = 0, bucket[2049] = {0}, count[PAST + 1] = {0};
            net.rows[row] = at;
            for (int t = 0; t < 8 && j < sizes[s]; t++) {
                float w = (float)((s == 2 && t == 0 ? PD_WEIGHT_L4E_L23E : PD_WEIGHT) * (s & 1 ? PD_INHIBITION : 1.0) / sqrt(scale));
                /* the total is exact, shared evenly among the sources; targets are uniform */
                int64_t c = k[t][s] * (j + 1) / sizes[s] - k[t][s] * j / sizes[s];
                for (int64_t i = 0; i < c; i++, m++) {
                    uint64_t r = random64(&seed);
                    int32_t target = starts[t] + (int32_t)below((uint32_t)(r >> 32), (uint32_t)sizes[t]);
                    raw[m] = (Synapse){target, w * relative[r & 65535]};
                    when[m] = delay[s & 1][(r >> 16) & 65535];
                    bucket[(target >> 6) + 1]++;
                    count[when[m] + 1]++;
                }
            }
            for (int b = 0; b < 2048; b++) bucket[b + 1] += bucket[b];
            for (int d = 0; d < PAST; d++) count[d + 1] += count[d];
            for (int d = 0; d <= PAST; d++) net.seg[(size_t)row * (PAST + 1) + d] = (uint16_t)count[d];
            for (int32_t i = 0; i < m; i++) {
                int32_t p = bucket[raw[i].target >> 6]++;
                byTarget[p] = raw[i];
                whenByTarget[p] = when[i];
            }
            for (int32_t i = 0; i < m; i++) net.synapses[at + count[whenByTarget[i]]++] = byTarget[i];
            at += m;
        }
    net.rows[slots] = at;
    return net;
}

WIDE static int32_t advance(State s, int32_t blocks, int32_t step, int32_t *restrict out) {
    const double dt = 0.1;
    const float pm = exp(-dt / PD_TAU_M), ps = exp(-dt / PD_TAU_S), gap = PD_V_GAP;
    const float pi = PD_TAU_S * PD_TAU_M / (PD_C * (PD_TAU_M - PD_TAU_S)) * (exp(-dt / PD_TAU_M) - exp(-dt / PD_TAU_S));
    const int32_t refractory = (int32_t)lround(PD_T_REF / dt);
    int32_t found = 0;
    for (int32_t b = 0; b < blocks; b++) {
        float *restrict v = s.v + b * BLOCK, *restrict current = s.current + b * BLOCK, drive = s.drive[b];
        int32_t *restrict until = s.until + b * BLOCK;
        int32_t any = 0;
#pragma GCC ivdep
        for (int32_t i = 0; i < BLOCK; i++) {
            float vn = pm * v[i] + pi * current[i] + drive;
            vn = until[i] >= step ? v[i] : vn;
            v[i] = vn;
            current[i] *= ps;
            any |= vn >= gap;
        }
        if (any)
            for (int32_t i = 0; i < BLOCK; i++)
                if (v[i] >= gap) {
                    v[i] = 0.0f;
                    until[i] = step + refractory;
                    out[found++] = b * BLOCK + i;
                }
    }
    return found;
}

static inline __attribute__((always_inline)) void add_segment(float *restrict current, const Synapse *restrict s, int32_t m) {
    int32_t k = 0;
    for (; k + 4 <= m; k += 4) {
        current[s[k].target] += s[k].weight;
        current[s[k + 1].target] += s[k + 1].weight;
        current[s[k + 2].target] += s[k + 2].weight;
        current[s[k + 3].target] += s[k + 3].weight;
    }
    for (; k < m; k++) current[s[k].target] += s[k].weight;
}

/* The segments that arrive at the step after `step`. */
static int32_t collect(Columns net, int32_t **spikes, const int32_t *counts, int32_t step, Segment *out) {
    int32_t m = 0;
    for (int32_t d = 0; d < PAST && d <= step; d++) {
        int32_t slot = (step - d) & (PAST - 1);
        for (int32_t a = 0; a < counts[slot]; a++) {
            int32_t j = spikes[slot][a];
            const uint16_t *seg = net.seg + (size_t)j * (PAST + 1) + d;
            out[m].first = net.synapses + net.rows[j] + seg[0];
            out[m].count = seg[1] - seg[0];
            m += seg[1] > seg[0];
        }
    }
    return m;
}

int main(int argc, char **argv) {
    double scale = argc > 1 ? atof(argv[1]) : 1.0, bio = argc > 2 ? atof(argv[2]) : 1.0;
    uint64_t seed = argc > 3 ? strtoull(argv[3], 0, 10) : 1;
    int32_t before = argc > 4 ? 10 * atoi(argv[4]) : 1000, steps = before + (int32_t)lround(bio * 1e4), neurons = 0;
    for (int p = 0; p < 8; p++) {
        sizes[p] = (int32_t)lround(PD_NEURONS[p] * scale);
        starts[p + 1] = starts[p] + (sizes[p] + BLOCK - 1) / BLOCK * BLOCK;
        neurons += sizes[p];
    }
    int32_t slots = starts[8], blocks = slots / BLOCK;
    double t0 = now();
    Columns net = draw_columns(scale, seed);
    size_t bytes = sizeof(float) * slots;
    State s = {alloc(bytes), alloc(bytes), alloc(sizeof(float) * blocks), alloc(bytes)};
    int32_t *spikes[PAST], counts[PAST] = {0};
    for (int d = 0; d < PAST; d++) spikes[d] = alloc(bytes);
    Segment *segments = alloc(sizeof(Segment) * ((size_t)slots * 8 + 64));
    for (int p = 0; p < 8; p++) {
        double dc = 1e-3 * PD_EXTERNAL[p] * PD_EXTERNAL_HZ * PD_WEIGHT * PD_TAU_S;
        for (int q = 0; q < 8; q++) { /* what the smaller network lacks in mean recurrent input */
            double w = (q == 2 && p == 0 ? PD_WEIGHT_L4E_L23E : PD_WEIGHT) * (q & 1 ? PD_INHIBITION : 1.0);
            dc += 1e-3 * PD_TAU_S * (1.0 - sqrt(scale)) * w * PD_SYNAPSES[p][q] / PD_NEURONS[p] * PD_RATES[q];
        }
        for (int32_t b = starts[p] / BLOCK; b < starts[p + 1] / BLOCK; b++)
            s.drive[b] = (float)(dc * PD_TAU_M / PD_C * (1.0 - exp(-0.1 / PD_TAU_M)));
        for (int32_t i = starts[p]; i < starts[p + 1]; i++) {
            int real = i - starts[p] < sizes[p];
            s.v[i] = real ? (float)(PD_V_MEAN[p] + PD_V_SD[p] * normal(&seed) - PD_E_L) : 0.0f;
            s.until[i] = real ? -1 : INT32_MAX - 100;
        }
    }
    double built = now() - t0, start = now(), alone = 0;
    int64_t total = 0, events = 0, by[8] = {0};
    for (int32_t k = 0; k < steps; k++) {
        if (k == before) start = now(), alone = 0, total = events = 0, memset(by, 0, sizeof by);
        double t1 = k % 16 == 8 ? now() : 0;
        int32_t slot = k & (PAST - 1), m = counts[slot] = advance(s, blocks, k, spikes[slot]);
        if (k % 16 == 8) alone += 16 * (now() - t1);
        total += m;
        for (int32_t a = 0, p = 0; a < m; a++) {
            while (spikes[slot][a] >= starts[p + 1]) p++;
            by[p]++;
        }
        int32_t n = collect(net, spikes, counts, k, segments);
        for (int32_t a = 0; a < n; a++) {
            Segment next = segments[a + AHEAD < n ? a + AHEAD : n - 1];
            prefetch_row(next.first, sizeof(Synapse) * next.count);
            add_segment(s.current, segments[a].first, segments[a].count);
            events += segments[a].count;
        }
    }
    double sim = now() - start;
    fprintf(stderr, "rates");
    for (int p = 0; p < 8; p++) fprintf(stderr, " %.2f", by[p] / bio / sizes[p]);
    fprintf(stderr, " Hz\n");
    report("microcircuit", neurons, net.count, bio, built, sim, total, events, bio * 1e4 * slots * (3 + 2) * 4.0 + 8.0 * events, alone);
}
