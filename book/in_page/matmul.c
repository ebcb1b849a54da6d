// The matrix product of float32 arrays, in place of NumPy's own loop. `make kernel` compiles it.
//
// NumPy calls `matmul` with addresses, sizes and steps in bytes, as it calls any of its loops. Each
// factor is cut into panels that the caches hold; a tile of the product stays in registers while it
// is summed. All memory it needs is on its stack, which matmul.js places.

#include <stddef.h>
#include <stdint.h>

typedef float vector __attribute__((vector_size(16), aligned(4)));
typedef struct {
  const char *start;
  ptrdiff_t across, along;  // steps to the next row (of B: column), and along the sum
} factor;

enum {
  ROWS = 4, COLUMNS = 8,  // of a tile
  VECTORS = COLUMNS / 4,
  HEIGHT = 128, WIDTH = 256, DEPTH = 256,  // of the panels
  TINY = 512,  // products of fewer multiplications are not worth panels
};

#define INLINE static inline __attribute__((always_inline))

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

INLINE vector multiply_add(vector a, vector b, vector sum) {
#ifdef __wasm_relaxed_simd__
  return __builtin_wasm_relaxed_madd_f32x4(a, b, sum);
#else
  return a * b + sum;
#endif
}

INLINE vector everywhere(float x) { return (vector){x, x, x, x}; }

INLINE float at(const char *address) { return *(const float *)address; }

// Copies `count` rows of a factor, `depth` long, in groups of `group` rows: the first numbers of a
// group, then the second ones. What lacks in the last group is zero.
INLINE void pack(float *to, factor from, ptrdiff_t count, ptrdiff_t depth, const ptrdiff_t group) {
  for (ptrdiff_t first = 0; first < count; first += group) {
    const char *start = from.start + first * from.across;
    ptrdiff_t there = smaller(group, count - first), k = 0;
    if (there == group && from.across == 4) {
      for (; k < depth; k++, to += group)
        for (ptrdiff_t r = 0; r < group; r += 4)
          *(vector *)(to + r) = *(const vector *)(start + k * from.along + r * 4);
    } else if (there == group && from.along == 4) {
      for (; k + 4 <= depth; k += 4, to += 4 * group)
        for (ptrdiff_t r = 0; r < group; r += 4) {
          const char *corner = start + r * from.across + k * 4;
          vector a = *(const vector *)corner, b = *(const vector *)(corner + from.across);
          vector c = *(const vector *)(corner + 2 * from.across);
          vector d = *(const vector *)(corner + 3 * from.across);
          vector ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
          vector cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
          vector ef = __builtin_shufflevector(a, b, 2, 6, 3, 7);
          vector gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
          *(vector *)(to + r) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
          *(vector *)(to + r + group) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
          *(vector *)(to + r + 2 * group) = __builtin_shufflevector(ef, gh, 0, 1, 4, 5);
          *(vector *)(to + r + 3 * group) = __builtin_shufflevector(ef, gh, 2, 3, 6, 7);
        }
    }
    for (; k < depth; k++, to += group)
      for (ptrdiff_t r = 0; r < group; r++)
        to[r] = r < there ? at(start + r * from.across + k * from.along) : 0;
  }
}

// Computes one tile, or adds to it where an earlier panel has begun the sum.
INLINE void tile(char *C, ptrdiff_t down, ptrdiff_t right, ptrdiff_t rows, ptrdiff_t columns,
                 const float *a, const float *b, ptrdiff_t depth, int add) {
  vector sums[ROWS][VECTORS] = {0};
  for (ptrdiff_t k = 0; k < depth; k++, a += ROWS, b += COLUMNS)
    for (int r = 0; r < ROWS; r++)
      for (int v = 0; v < VECTORS; v++)
        sums[r][v] = multiply_add(everywhere(a[r]), ((const vector *)b)[v], sums[r][v]);
  if (rows == ROWS && columns == COLUMNS && right == 4) {
    for (int r = 0; r < ROWS; r++)
      for (int v = 0; v < VECTORS; v++) {
        vector *place = (vector *)(C + r * down) + v;
        *place = add ? *place + sums[r][v] : sums[r][v];
      }
    return;
  }
  float numbers[ROWS * COLUMNS];
  for (int r = 0; r < ROWS; r++)
    for (int v = 0; v < VECTORS; v++) ((vector *)numbers)[r * VECTORS + v] = sums[r][v];
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t c = 0; c < columns; c++) {
      float *place = (float *)(C + r * down + c * right);
      *place = (add ? *place : 0) + numbers[r * COLUMNS + c];
    }
}

static void in_panels(char *C, ptrdiff_t down, ptrdiff_t right, factor A, factor B, ptrdiff_t rows,
                      ptrdiff_t depth, ptrdiff_t columns) {
  _Alignas(16) float a[HEIGHT * DEPTH], b[WIDTH * DEPTH];
  for (ptrdiff_t c = 0; c < columns; c += WIDTH)
    for (ptrdiff_t k = 0; k < depth; k += DEPTH) {
      ptrdiff_t width = smaller(WIDTH, columns - c), deep = smaller(DEPTH, depth - k);
      factor part = {B.start + c * B.across + k * B.along, B.across, B.along};
      pack(b, part, width, deep, COLUMNS);
      for (ptrdiff_t r = 0; r < rows; r += HEIGHT) {
        ptrdiff_t height = smaller(HEIGHT, rows - r);
        part = (factor){A.start + r * A.across + k * A.along, A.across, A.along};
        pack(a, part, height, deep, ROWS);
        for (ptrdiff_t j = 0; j < width; j += COLUMNS)
          for (ptrdiff_t i = 0; i < height; i += ROWS)
            tile(C + (r + i) * down + (c + j) * right, down, right, smaller(ROWS, height - i),
                 smaller(COLUMNS, width - j), a + i * deep, b + j * deep, deep, k > 0);
      }
    }
}

// A row times a matrix, which is read once and so is not worth panels.
static void of_row(char *C, ptrdiff_t right, factor A, factor B, ptrdiff_t depth,
                   ptrdiff_t columns) {
  ptrdiff_t c = 0;
  if (B.across == 4 && right == 4)
    for (; c + 32 <= columns; c += 32) {
      vector sums[8] = {0};
      const char *a = A.start, *b = B.start + c * 4;
      for (ptrdiff_t k = 0; k < depth; k++, a += A.along, b += B.along)
        for (int v = 0; v < 8; v++)
          sums[v] = multiply_add(everywhere(at(a)), ((const vector *)b)[v], sums[v]);
      for (int v = 0; v < 8; v++) ((vector *)(C + c * 4))[v] = sums[v];
    }
  for (; c < columns; c++) {
    const char *a = A.start, *b = B.start + c * B.across;
    vector sums[4] = {0};
    ptrdiff_t k = 0;
    if (A.along == 4 && B.along == 4)
      for (; k + 16 <= depth; k += 16, a += 64, b += 64)
        for (int v = 0; v < 4; v++)
          sums[v] = multiply_add(((const vector *)a)[v], ((const vector *)b)[v], sums[v]);
    vector four = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    float sum = (four[0] + four[1]) + (four[2] + four[3]);
    for (; k < depth; k++, a += A.along, b += B.along) sum += at(a) * at(b);
    *(float *)(C + c * right) = sum;
  }
}

static void multiply(char *C, ptrdiff_t down, ptrdiff_t right, factor A, factor B, ptrdiff_t rows,
                     ptrdiff_t depth, ptrdiff_t columns) {
  if (rows == 1)
    of_row(C, right, A, B, depth, columns);
  else if ((int64_t)rows * depth * columns >= TINY)
    in_panels(C, down, right, A, B, rows, depth, columns);
  else
    for (ptrdiff_t r = 0; r < rows; r++, C += down, A.start += A.across)
      of_row(C, right, A, B, depth, columns);
}

// The loop: arrays of `sizes[0]` matrices, rows times depth and depth times columns.
__attribute__((export_name("matmul"))) void matmul(char **arrays, const ptrdiff_t *sizes,
                                                   const ptrdiff_t *steps, void *) {
  ptrdiff_t rows = sizes[1], depth = sizes[2], columns = sizes[3];
  ptrdiff_t down = steps[7], right = steps[8];
  // C = A B is the same as Cᵀ = Bᵀ Aᵀ: rows of C are to be long, and without gaps.
  int turned = columns == 1 || (rows != 1 && down == 4 && right != 4);
  for (ptrdiff_t n = 0; n < sizes[0]; n++) {
    factor A = {arrays[0] + n * steps[0], steps[3], steps[4]};
    factor B = {arrays[1] + n * steps[1], steps[6], steps[5]};
    char *C = arrays[2] + n * steps[2];
    if (turned)
      multiply(C, right, down, B, A, columns, depth, rows);
    else
      multiply(C, down, right, A, B, rows, depth, columns);
  }
}
