/* COBA of Brette et al. 2007 with a 150 pA bias: ./coba [neurons 4000] [biological seconds 1] [seed 1] [inputs 80]
 * Delay of one step: a spike of step k changes the conductances that step k+1 starts from. */
#include "limit.h"

typedef struct { float *v, *ge, *gi; int32_t *until; } State;

/* One step of all neurons; returns the number of spikes written to out. */
WIDE static int32_t advance(State s, int32_t blocks, int32_t step, int32_t *restrict out) {
    const float gl = 10.0f, el = -60.0f, ei = -80.0f, bias = 150.0f, k = -0.1f / 200.0f;
    const float de = expf(-0.1f / 5.0f), di = expf(-0.1f / 10.0f);
    int32_t found = 0;
    for (int32_t b = 0; b < blocks; b++) {
        float *restrict v = s.v + b * BLOCK, *restrict ge = s.ge + b * BLOCK, *restrict gi = s.gi + b * BLOCK;
        int32_t *restrict until = s.until + b * BLOCK;
        int32_t any = 0;
#pragma GCC ivdep
        for (int32_t i = 0; i < BLOCK; i++) {
            float g = gl + ge[i] + gi[i];
            float vinf = (gl * el + bias + ei * gi[i]) / g;
            float vn = vinf + (v[i] - vinf) * fexp(k * g);
            vn = until[i] >= step ? v[i] : vn;
            v[i] = vn;
            ge[i] *= de;
            gi[i] *= di;
            any |= vn > -50.0f;
        }
        if (any)
            for (int32_t i = 0; i < BLOCK; i++)
                if (v[i] > -50.0f) {
                    v[i] = -60.0f;
                    until[i] = step + 50;
                    out[found++] = b * BLOCK + i;
                }
    }
    return found;
}

int main(int argc, char **argv) {
    int32_t n = argc > 1 ? atoi(argv[1]) : 4000;
    double bio = argc > 2 ? atof(argv[2]) : 1.0;
    uint64_t seed = argc > 3 ? strtoull(argv[3], 0, 10) : 1;
    double inputs = argc > 4 ? atof(argv[4]) : 80;
    int32_t blocks = (n + BLOCK - 1) / BLOCK, steps = (int32_t)lround(bio * 1e4), ne = (int32_t)(0.8 * n);
    double t0 = now();
    Net net = draw(n, inputs / n, &seed);
    size_t bytes = sizeof(float) * blocks * BLOCK;
    State s = {alloc(bytes), alloc(bytes), alloc(bytes), alloc(bytes)};
    int32_t *spikes = alloc(bytes);
    for (int32_t i = 0; i < blocks * BLOCK; i++) {
        s.v[i] = i < n ? (float)(-60.0 + 10.0 * uniform(&seed)) : -60.0f;
        s.until[i] = i < n ? -1 : INT32_MAX - 100; /* the rest of the last block never fires */
    }
    double build = now() - t0, start = now(), neurons = 0;
    int64_t total = 0, events = 0;
    for (int32_t k = 0; k < steps; k++) {
        double t1 = k % 16 == 8 ? now() : 0;
        int32_t m = advance(s, blocks, k, spikes);
        if (k % 16 == 8) neurons += 16 * (now() - t1);
        total += m;
        for (int32_t a = 0; a < m; a++) {
            if (a + 4 < m) prefetch_row(net.targets + net.rows[spikes[a + 4]], 4 * (size_t)inputs);
            int32_t j = spikes[a];
            int64_t r = net.rows[j], c = net.rows[j + 1] - r;
            add_row(j < ne ? s.ge : s.gi, net.targets + r, c, j < ne ? 6.0f : 67.0f);
            events += c;
        }
    }
    double sim = now() - start;
    report("coba", n, net.synapses, bio, build, sim, total, events, (double)steps * n * (4 + 3) * 4 + 4.0 * events, neurons);
}
