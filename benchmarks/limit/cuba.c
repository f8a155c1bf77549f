/* CUBA of Brette et al. 2007, exact propagator: ./cuba [neurons 4000] [biological seconds 1] [seed 1] [inputs 80]
 * Delay of one step: a spike of step k changes the currents that step k+1 starts from. Currents in mV.
 *
 * The loop over neurons is bound by the traffic between caches, so it writes as little as it can: whether v is held is one byte,
 * cleared from the list of the spikes of 50 steps ago, and the currents are not decayed in memory but read times a factor that all
 * neurons share; a spike adds its weight divided by that factor, which returns to 1 every SCALE steps. */
#include "limit.h"

enum { HOLD = 50, SCALE = 500 };

typedef struct { float *v, *ge, *gi; uint8_t *held; } State;

WIDE static int32_t advance(State s, int32_t blocks, float fe, float fi, int32_t *restrict out) {
    const double dt = 0.1, tm = 20.0, te = 5.0, ti = 10.0;
    const float dm = exp(-dt / tm), rest = -49.0f * (1 - dm);
    const float pe = fe * te / (te - tm) * (exp(-dt / te) - exp(-dt / tm)), pi = fi * ti / (ti - tm) * (exp(-dt / ti) - exp(-dt / tm));
    int32_t found = 0;
    for (int32_t b = 0; b < blocks; b++) {
        float *restrict v = s.v + b * BLOCK, *restrict ge = s.ge + b * BLOCK, *restrict gi = s.gi + b * BLOCK;
        uint8_t *restrict held = s.held + b * BLOCK;
        int32_t any = 0;
#pragma GCC ivdep
        for (int32_t i = 0; i < BLOCK; i++) {
            float vn = rest + dm * v[i] + pe * ge[i] + pi * gi[i];
            vn = held[i] ? v[i] : vn;
            v[i] = vn;
            any |= vn > -50.0f;
        }
        if (any)
            for (int32_t i = 0; i < BLOCK; i++)
                if (v[i] > -50.0f) {
                    v[i] = -60.0f;
                    held[i] = 1;
                    out[found++] = b * BLOCK + i;
                }
    }
    return found;
}

WIDE static void rescale(float *g, int32_t n, float factor) {
    for (int32_t i = 0; i < n; i++) g[i] *= factor;
}

int main(int argc, char **argv) {
    int32_t n = argc > 1 ? atoi(argv[1]) : 4000;
    double bio = argc > 2 ? atof(argv[2]) : 1.0;
    uint64_t seed = argc > 3 ? strtoull(argv[3], 0, 10) : 1;
    double inputs = argc > 4 ? atof(argv[4]) : 80;
    int32_t blocks = (n + BLOCK - 1) / BLOCK, slots = blocks * BLOCK, steps = (int32_t)lround(bio * 1e4), ne = (int32_t)(0.8 * n);
    double t0 = now();
    Net net = draw(n, inputs / n, &seed);
    size_t bytes = sizeof(float) * slots;
    State s = {alloc(bytes), alloc(bytes), alloc(bytes), alloc(slots)};
    int32_t *lists = alloc(bytes * (HOLD + 1)), counts[HOLD + 1] = {0};
    for (int32_t i = 0; i < slots; i++) {
        s.v[i] = i < n ? (float)(-60.0 + 10.0 * uniform(&seed)) : -60.0f;
        s.held[i] = i >= n; /* the rest of the last block never fires */
    }
    double build = now() - t0, start = now(), neurons = 0;
    int64_t total = 0, events = 0;
    for (int32_t k = 0; k < steps; k++) {
        double t1 = k % 16 == 8 ? now() : 0;
        int32_t since = k % SCALE, *spikes = lists + (size_t)slots * (k % (HOLD + 1)), *count = counts + k % (HOLD + 1);
        if (k && !since) rescale(s.ge, slots, expf(-0.1f * SCALE / 5.0f)), rescale(s.gi, slots, expf(-0.1f * SCALE / 10.0f));
        for (int32_t a = 0; a < *count; a++) s.held[spikes[a]] = 0;
        int32_t m = *count = advance(s, blocks, expf(-0.1f * since / 5.0f), expf(-0.1f * since / 10.0f), spikes);
        if (k % 16 == 8) neurons += 16 * (now() - t1);
        total += m;
        float we = 1.62f * expf(0.1f * (since + 1) / 5.0f), wi = -9.0f * expf(0.1f * (since + 1) / 10.0f);
        for (int32_t a = 0; a < m; a++) {
            if (a + 4 < m) prefetch_row(net.targets + net.rows[spikes[a + 4]], 4 * (size_t)inputs);
            int32_t j = spikes[a];
            int64_t r = net.rows[j], c = net.rows[j + 1] - r;
            add_row(j < ne ? s.ge : s.gi, net.targets + r, c, j < ne ? we : wi);
            events += c;
        }
    }
    double sim = now() - start;
    report("cuba", n, net.synapses, bio, build, sim, total, events, (double)steps * n * (3 * 4 + 1 + 4) + 4.0 * events, neurons);
}
