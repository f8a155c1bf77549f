/* COBAHH of Brette et al. 2007 (Traub-Miles cell), exponential Euler: ./cobahh [neurons 4000] [biological seconds 1] [seed 1] [inputs 80]
 * All states advance from their values at the start of the step. nS, mV, pA, pF, ms. */
#include "limit.h"

typedef struct { float *v, *m, *h, *n, *ge, *gi; int32_t *until; } State;

/* x / (exp(x) - 1) given e = exp(x). Both parts have the same sign, so their sizes suffice; keeping them from 0 costs an error
 * below 3e-4 in a window of 2 uV around the singularity and leaves the loop free of branches. */
static inline __attribute__((always_inline)) float linear_exp(float x, float e) {
    return fmaxf(fabsf(x), 3e-4f) / fmaxf(fabsf(e - 1.0f), 3e-4f);
}

WIDE static int32_t advance(State s, int32_t blocks, int32_t step, int32_t *restrict out) {
    const float dt = 0.1f, k = -dt / 200.0f, de = expf(-dt / 5.0f), di = expf(-dt / 10.0f), e25 = expf(-5.0f);
    int32_t found = 0;
    for (int32_t b = 0; b < blocks; b++) {
        float *restrict v = s.v + b * BLOCK, *restrict gm = s.m + b * BLOCK, *restrict gh = s.h + b * BLOCK;
        float *restrict gn = s.n + b * BLOCK, *restrict ge = s.ge + b * BLOCK, *restrict gi = s.gi + b * BLOCK;
        int32_t *restrict until = s.until + b * BLOCK;
        int32_t any = 0;
#pragma GCC ivdep
        for (int32_t i = 0; i < BLOCK; i++) {
            float u = v[i], m = gm[i], h = gh[i], n = gn[i];
            float na = 20000.0f * m * m * m * h, n2 = n * n, kd = 6000.0f * n2 * n2;
            float g = 10.0f + ge[i] + gi[i] + na + kd;
            float vinf = (-600.0f - 80.0f * gi[i] + 50.0f * na - 90.0f * kd) / g;
            float vn = vinf + (u - vinf) * fexp(k * g);
            /* exp((v+23)/5) serves three rates: beta_m, beta_h and, times exp(-5), alpha_n */
            float x = (u + 23.0f) * 0.2f, e = fexp(x), y = (-50.0f - u) * 0.25f, z = (-48.0f - u) * 0.2f;
            float am = 1.28f * linear_exp(y, fexp(y)), bm = 1.4f * linear_exp(x, e);
            float ah = 0.128f * fexp((-46.0f - u) * (1.0f / 18.0f)), bh = 4.0f * e / (1.0f + e);
            float an = 0.16f * linear_exp(z, e25 / e), bn = 0.5f * fexp((-53.0f - u) * (1.0f / 40.0f));
            float sm = am + bm, sh = ah + bh, sn = an + bn;
            float mi = am / sm, hi = ah / sh, ni = an / sn;
            gm[i] = mi + (m - mi) * fexp(-dt * sm);
            gh[i] = hi + (h - hi) * fexp(-dt * sh);
            gn[i] = ni + (n - ni) * fexp(-dt * sn);
            v[i] = vn;
            ge[i] *= de;
            gi[i] *= di;
            any |= (vn > -20.0f) & (until[i] < step);
        }
        if (any)
            for (int32_t i = 0; i < BLOCK; i++)
                if (v[i] > -20.0f && until[i] < step) {
                    until[i] = step + 30;
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
    State s = {alloc(bytes), alloc(bytes), alloc(bytes), alloc(bytes), alloc(bytes), alloc(bytes), alloc(bytes)};
    int32_t *spikes = alloc(bytes);
    for (int32_t i = 0; i < blocks * BLOCK; i++) {
        s.v[i] = -60.0f;
        s.until[i] = i < n ? -1 : INT32_MAX - 100;
        if (i >= n) continue;
        s.v[i] = (float)(-65.0 + 5.0 * normal(&seed));
        s.ge[i] = (float)(40.0 + 15.0 * normal(&seed));
        s.gi[i] = (float)(200.0 + 120.0 * normal(&seed));
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
    report("cobahh", n, net.synapses, bio, build, sim, total, events, (double)steps * n * (7 + 6) * 4 + 4.0 * events, neurons);
}
