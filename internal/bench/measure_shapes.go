package bench

import (
	"context"
	"fmt"
)

// measureShapes has each shape's topic filled, read by workers and removed, in
// each round.
func (b *bench) measureShapes(ctx context.Context, report *Report) error {
	if !b.cfg.Shapes {
		return nil
	}
	all := shapes(b.cfg.DedupeRows)
	into := make([]*Throughput, len(all))
	parts := make([]part, len(all))
	for i, s := range all {
		run := func(ctx context.Context) (Sample, error) { return b.shape(ctx, s) }
		parts[i] = part{s.name, run, &into[i]}
	}
	if err := b.rounds(ctx, parts); err != nil {
		return fmt.Errorf("shapes: %w", err)
	}
	report.Shapes = make(map[string]*Throughput)
	for i, s := range all {
		report.Shapes[s.name] = into[i]
	}
	return nil
}

// shape is one run of one shape.
func (b *bench) shape(ctx context.Context, s shape) (sample Sample, err error) {
	w := newWorkload(&b.cfg, s, b.cfg.Commands, b.cfg.Seed)
	t, err := b.filled(ctx, b.unique("shape"), w)
	if err != nil {
		return sample, err
	}
	if sample, err = b.endToEnd(ctx, s.name, w, t); err != nil {
		return sample, fmt.Errorf("%s: %w", s.name, err)
	}
	return sample, t.remove(ctx)
}
