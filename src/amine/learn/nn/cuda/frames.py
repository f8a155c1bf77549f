"""What the texts of all kernels share: words that mean one thing to a CUDA compiler and the same, lane after lane, to g++."""

MOST = 16_384  # neurons of a recurrent layer, whose spikes of a step are bits in shared memory

INCLUDES = """#ifndef __CUDACC__
#include <xmmintrin.h>
#endif
"""
WORDS = """typedef {real} real;
typedef unsigned char u8;
typedef long long i64;
#define R(x) ((real)(x))
#define F(x) ((real)(x))
#define True 1
#define False 0
#define vabs(x) ((real)fabs(x))
#define spike(m) ((m) > 0 ? R(1) : R(0))
#define blend(s, a, b) {blend}
#ifdef __CUDACC__
#define KERNEL extern "C" __global__ void
#define EACH_LANE(l, n) for (i64 l = (i64)blockIdx.x * blockDim.x + threadIdx.x; l < n; l += (i64)gridDim.x * blockDim.x)
#define EACH_SAMPLE(b, n) for (i64 b = blockIdx.x; b < n; b += gridDim.x)
#define EACH(i, n) for (i64 i = threadIdx.x; i < n; i += blockDim.x)
#define SYNC __syncthreads();
#define SHARED __shared__
#define SET(mask, i) atomicOr(&(mask)[(i) >> 5], 1u << ((i) & 31))
#define LOWEST(m) (__ffs(m) - 1)
#define FLUSHED
#else
#define KERNEL extern "C" void
#define EACH_LANE(l, n) for (i64 l = 0; l < n; l++)
#define EACH_SAMPLE(b, n) for (i64 b = 0; b < n; b++)
#define EACH(i, n) for (i64 i = 0; i < n; i++)
#define SYNC
#define SHARED
#define SET(mask, i) (mask)[(i) >> 5] |= 1u << ((i) & 31)
#define LOWEST(m) __builtin_ctz(m)
#define FLUSHED Flushed flushed;
struct Flushed {{ /* denormal numbers are zero, as on a card and in the kernels of Numba */
    unsigned before;
    Flushed() : before(_mm_getcsr()) {{ _mm_setcsr(before | 0x8040); }}
    ~Flushed() {{ _mm_setcsr(before); }}
}};
#endif
"""
FORWARD = """KERNEL forward({args}) {{
    FLUSHED
    EACH_LANE(l, L) {{
{constants}
{enter}
        #pragma unroll {unroll}
        for (i64 k = 0; k < T; k++) {{
            const i64 at = k * L + l;
{read}
{body}
{write}
        }}
{leave}
    }}
}}
"""
FORWARD_RECURRENT = """KERNEL forward_recurrent({args}) {{
    FLUSHED
    EACH_SAMPLE(b, L / N) {{
        SHARED unsigned masks[2][{words}]; /* spikes of the last and of this step, a bit each */
        const i64 words = (N + 31) / 32, base = b * N;
        EACH(i, words) masks[0][i] = 0;
        EACH(i, N) {{
            const i64 l = base + i;
{enter}
{leave}
        }}
        SYNC
        EACH(i, N) if (before[base + i] != 0) SET(masks[0], i);
        for (i64 k = 0; k < T; k++) {{
            unsigned *now = masks[k & 1], *next = masks[(k + 1) & 1];
            const real *past = (k ? out + (k - 1) * L : before) + base;
            EACH(i, words) next[i] = 0;
            SYNC
            EACH(i, N) {{
                const i64 l = base + i, at = k * L + l;
{constants}
{load}
{read}
                for (i64 word = 0; word < words; word++)
                    for (unsigned m = now[word]; m; m &= m - 1) {{
                        const i64 j = word * 32 + LOWEST(m);
                        {drive} = {fma}(past[j], WT[j * N + i], {drive});
                    }}
                if (total) total[at] = {drive};
{body}
{write}
{leave}
                if ({fired} != 0) SET(next, i);
            }}
            SYNC
        }}
    }}
}}
"""
BACKWARD = """KERNEL backward({args}) {{
    FLUSHED
    EACH_LANE(l, L) {{
{constants}
{enter}
        #pragma unroll {unroll}
        for (i64 k = T - 1; k >= 0; k--) {{
            const i64 at = k * L + l;
{read}
{body}
{write}
        }}
{leave}
    }}
}}
"""
BACKWARD_RECURRENT = """FN real carried(const real *flow, const real *W, i64 N, i64 i) {{
    real sum = 0;
    for (i64 j = 0; j < N; j++) sum = {fma}(flow[j], W[j * N + i], sum);
    return sum;
}}

KERNEL backward_recurrent({args}) {{
    FLUSHED
    EACH_SAMPLE(b, L / N) {{
        const i64 base = b * N;
        EACH(i, N) {{
            const i64 l = base + i;
{enter}
{leave}
        }}
        SYNC
        for (i64 k = T - 1; k >= 0; k--) {{
            EACH(i, N) {{
                const i64 l = base + i, at = k * L + l;
{constants}
{load}
{read}
                if (k < T - 1) {gradient} += carried(flow + ((k + 1) & 1) * L + base, W, N, i);
{body}
{write}
{leave}
                flow[(k & 1) * L + l] = {drive};
            }}
            SYNC
        }}
        if (g_before) EACH(i, N) g_before[base + i] = carried(flow + base, W, N, i);
        SYNC
    }}
}}
"""
